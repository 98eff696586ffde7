-- What waits for a person, for the badge of every page and the page that lists it.

-- name: of_user(user_id, administers, reviewed, days, rows)
-- Newest first. `kind` is a row of routes.developer.waiting; client_id and name are those of the app, if it is about one;
-- `number` says how many of it there are. `reviewed`: new apps are reviewed, and this person is an administrator.
WITH person AS (
    SELECT user_id, email, greatest(reuse_seen_at, now() - make_interval(days => :days)) AS reuse_since
    FROM "user"
    WHERE user_id = :user_id
), developed AS (
    SELECT client_id FROM client WHERE owner_id = :user_id
    UNION
    SELECT client_id FROM client_member WHERE user_id = :user_id
), app AS (
    SELECT client.client_id, client.name, client.suspended_at
    FROM developed
    JOIN client ON client.client_id = developed.client_id AND client.deleted_at IS NULL
)
SELECT waiting.kind, waiting.client_id, waiting.name, waiting.at, waiting.number
FROM (
    SELECT 'transfer' AS kind, offer.client_id, client.name, offer.offered_at AS at, 1::bigint AS number
    FROM client_transfer AS offer
    JOIN client ON client.client_id = offer.client_id AND client.deleted_at IS NULL
    WHERE offer.user_id = :user_id AND offer.expires_at > now()
    UNION ALL
    SELECT 'suspended', app.client_id, app.name, app.suspended_at, 1
    FROM app
    WHERE app.suspended_at IS NOT NULL
    UNION ALL
    SELECT 'rejected', app.client_id, app.name, proposal.rejected_at, 1
    FROM app
    JOIN client_proposal AS proposal ON proposal.client_id = app.client_id
    WHERE proposal.rejected_at IS NOT NULL
    UNION ALL
    SELECT 'reused', app.client_id, app.name, reuse.at, reuse.number
    FROM app
    CROSS JOIN person
    CROSS JOIN LATERAL (
        SELECT max(latest.at) AS at, count(*) AS number
        FROM (
            SELECT audit_event.at
            FROM audit_event
            WHERE audit_event.client_id = app.client_id AND audit_event.at > person.reuse_since
              AND audit_event.action IN ('family.reused', 'family.code_replayed')
            ORDER BY audit_event.at DESC
            LIMIT 100
        ) AS latest
    ) AS reuse
    WHERE reuse.number > 0
    UNION ALL
    SELECT 'invitation', NULL, NULL, max(link.made_at), count(*)
    FROM person
    JOIN one_time_link AS link ON lower(link.email) = lower(person.email) AND link.expires_at > now()
    HAVING count(*) > 0
    UNION ALL
    SELECT 'administrator', NULL, NULL, link.made_at, 1
    FROM one_time_link AS link
    WHERE link.user_id = :user_id AND link.purpose = 'administrator' AND link.expires_at > now()
    UNION ALL
    SELECT 'review', NULL, NULL, max(part.created_at), count(*)
    FROM (
        SELECT created_at
        FROM client
        WHERE :reviewed AND approved_at IS NULL AND suspended_at IS NULL AND deleted_at IS NULL
        ORDER BY created_at
        LIMIT 100
    ) AS part
    HAVING count(*) > 0
    UNION ALL
    SELECT 'changes', NULL, NULL, max(part.proposed_at), count(*)
    FROM (
        SELECT proposal.proposed_at
        FROM client_proposal AS proposal
        JOIN client ON client.client_id = proposal.client_id AND client.deleted_at IS NULL
        WHERE :reviewed AND proposal.rejected_at IS NULL
        ORDER BY proposal.proposed_at
        LIMIT 100
    ) AS part
    HAVING count(*) > 0
    UNION ALL
    SELECT 'reports', NULL, NULL, max(part.reported_at), count(*)
    FROM (
        SELECT report.reported_at
        FROM client_report AS report
        JOIN client ON client.client_id = report.client_id AND client.deleted_at IS NULL
        WHERE :administers
        ORDER BY report.report_id
        LIMIT 100
    ) AS part
    HAVING count(*) > 0
) AS waiting
ORDER BY waiting.at DESC, waiting.kind, waiting.client_id
LIMIT :rows;
