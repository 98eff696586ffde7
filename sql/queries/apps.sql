-- name: of_developer(user_id, before, rows)
-- The apps that one owns or helps to develop, newest first; `before` is the last one of the page before.
WITH mine AS (
    SELECT client_id
    FROM client
    WHERE owner_id = :user_id
    UNION
    SELECT client_id
    FROM client_member
    WHERE user_id = :user_id
)
SELECT client.client_id, client.name, client.type, client.created_at, client.verified_at IS NOT NULL AS verified,
       client.approved_at IS NOT NULL AS approved, client.suspended_at IS NOT NULL AS suspended,
       client_logo.version AS logo_version, client.owner_id, owner.name AS owner_name,
       (SELECT count(*) FROM "grant"
        WHERE "grant".client_id = client.client_id AND "grant".ended_at IS NULL
          AND "grant".epoch = client.epoch) AS users,
       greatest((SELECT max(last_at) FROM refusal WHERE refusal.client_id = client.client_id AND is_proved),
                (SELECT max(last_at) FROM refusal WHERE refusal.client_id = client.client_id AND NOT is_proved)
       ) AS last_refused_at
FROM mine
JOIN client ON client.client_id = mine.client_id AND client.deleted_at IS NULL
JOIN "user" AS owner ON owner.user_id = client.owner_id
LEFT JOIN client_logo ON client_logo.client_id = client.client_id
LEFT JOIN client AS last ON last.client_id = :before
WHERE last.client_id IS NULL OR client.created_at < last.created_at
   OR (client.created_at = last.created_at AND client.client_id > last.client_id)
ORDER BY client.created_at DESC, client.client_id
LIMIT :rows;

-- name: find(client_id)^
-- All that a page shows of one app; scopes in the order of the catalogue.
SELECT client.client_id, client.name, client.description, client.home_page, client.type, client.redirect_uris,
       ARRAY(SELECT scope.scope FROM scope WHERE scope.scope = ANY (client.scopes) ORDER BY scope.position) AS scopes,
       client.optional_scopes, client.skips_pkce, client.rate_limit_per_hour, client.grant_share_percent,
       client.token_limit_per_minute, client.owner_id, client.created_at, client.changed_at, client.approved_at,
       client.suspended_at, client.suspend_reason, client.verified_at, client.verified_at IS NOT NULL AS verified,
       client.approved_at IS NOT NULL AS approved, client.suspended_at IS NOT NULL AS suspended,
       client_logo.version AS logo_version, owner.name AS owner_name, owner.email AS owner_email,
       owner.created_at AS owner_since, owner.disabled_at AS owner_disabled_at,
       EXISTS (SELECT FROM client_proposal AS proposal
               WHERE proposal.client_id = client.client_id AND proposal.rejected_at IS NULL) AS proposed,
       revocation.connections AS to_revoke, revocation.carried_out AS revoked,
       revocation.revocation_id IS NOT NULL
           AND (revocation.connections IS NULL OR revocation.carried_out < revocation.connections) AS is_revoking,
       (SELECT count(*) FROM "grant"
        WHERE "grant".client_id = client.client_id AND "grant".ended_at IS NULL
          AND "grant".epoch = client.epoch) AS users
FROM client
JOIN "user" AS owner ON owner.user_id = client.owner_id
LEFT JOIN client_logo ON client_logo.client_id = client.client_id
LEFT JOIN revocation ON revocation.client_id = client.client_id AND revocation.finished_at IS NULL
WHERE client.client_id = :client_id AND client.deleted_at IS NULL;

-- name: find_deleted(client_id, user_id, is_admin)^
-- What is left of an app that was deleted, for its former team and for administrators.
SELECT name, deleted_at
FROM client
WHERE client_id = :client_id AND deleted_at IS NOT NULL
  AND (:is_admin OR owner_id = :user_id
       OR EXISTS (SELECT FROM client_member
                  WHERE client_member.client_id = client.client_id AND client_member.user_id = :user_id));

-- name: was_ever_allowed(client_id)$
-- Whether a user ever allowed the app, as far back as ended grants are kept.
SELECT EXISTS (SELECT FROM "grant" WHERE client_id = :client_id);

-- name: users_of(client_id)^
-- How many allowed the app and use it; nobody is named.
SELECT count(*) FILTER (WHERE is_active) AS connected,
       count(*) FILTER (WHERE is_active AND last_used_at > now() - interval '7 days') AS used_in_week,
       count(*) FILTER (WHERE is_active AND last_used_at > now() - interval '30 days') AS used_in_month,
       count(DISTINCT user_id) FILTER (WHERE created_at > now() - interval '30 days') AS came_in_month,
       (SELECT count(*) FROM family
        JOIN client ON client.client_id = family.client_id AND client.epoch = family.epoch
        WHERE family.client_id = :client_id AND family.ended_at IS NULL) AS connections
FROM (
    SELECT "grant".user_id, "grant".created_at, "grant".last_used_at,
           "grant".ended_at IS NULL AND "grant".epoch = client.epoch AS is_active
    FROM "grant"
    JOIN client ON client.client_id = "grant".client_id
    WHERE "grant".client_id = :client_id
) AS given;

-- name: ended_connections(client_id)
-- Why connections ended in the last 30 days.
SELECT end_reason, count(*) AS number
FROM family
WHERE client_id = :client_id AND ended_at > now() - interval '30 days'
GROUP BY end_reason
ORDER BY count(*) DESC, end_reason
LIMIT 50;

-- name: every(before, rows)
-- For the command line, the oldest first.
SELECT client.client_id, client.name, client.type, client.scopes, client.rate_limit_per_hour,
       client.suspended_at IS NOT NULL AS suspended, client.approved_at IS NOT NULL AS approved,
       owner.email AS owner_email
FROM client
JOIN "user" AS owner ON owner.user_id = client.owner_id
LEFT JOIN client AS last ON last.client_id = :before
WHERE client.deleted_at IS NULL
  AND (last.client_id IS NULL OR client.created_at > last.created_at
       OR (client.created_at = last.created_at AND client.client_id < last.client_id))
ORDER BY client.created_at, client.client_id DESC
LIMIT :rows;
