-- Reads for the pages of administration.

-- name: overview()^
-- The figures of the first admin page, as shown_count gives them. Clients of blocked hosts aren't counted as suspended:
-- to find them means to read all that registered themselves.
SELECT shown_count(10000, (SELECT count(*) FROM (SELECT FROM "user" WHERE deleted_at IS NULL LIMIT 10001) AS part), 'users')
           AS users,
       shown_count(10000, (SELECT count(*) FROM (SELECT FROM "user" WHERE disabled_at IS NOT NULL AND deleted_at IS NULL
                                          LIMIT 10001) AS part), '') AS users_disabled,
       shown_count(10000, (SELECT count(*) FROM (SELECT FROM client WHERE deleted_at IS NULL LIMIT 10001) AS part), 'clients')
           AS clients,
       shown_count(10000, (SELECT count(*) FROM (SELECT FROM client
                                          WHERE deleted_at IS NULL AND suspended_at IS NOT NULL
                                          LIMIT 10001) AS part), '') AS clients_suspended,
       (SELECT count(*) FROM blocked_host) AS hosts_blocked,
       shown_count(10000, (SELECT count(*) FROM (SELECT FROM client
                                          WHERE deleted_at IS NULL AND approved_at IS NULL AND suspended_at IS NULL
                                          LIMIT 10001) AS part), '') AS clients_waiting,
       (SELECT count(*) FROM (SELECT FROM client WHERE owner_disabled AND deleted_at IS NULL LIMIT 10001) AS part)
           AS clients_orphaned,
       (SELECT count(*) FROM client_proposal
        JOIN client ON client.client_id = client_proposal.client_id AND client.deleted_at IS NULL
        WHERE client_proposal.rejected_at IS NULL) AS changes_waiting,
       shown_count(10000, (SELECT count(*) FROM (SELECT FROM active_grant LIMIT 10001) AS part), 'grants') AS grants,
       (SELECT count(*) FROM api WHERE deleted_at IS NULL) AS apis;

-- name: usage_of_last_day()^
-- Good calls and refused ones of all apps, of the hours that began in the last 24.
SELECT coalesce(sum(calls), 0)::bigint AS calls, coalesce(sum(refusals), 0)::bigint AS refusals
FROM usage
WHERE hour > now() - interval '24 hours';

-- name: busiest_clients(rows)
-- Those with the most calls, refused ones too, of the hours that began in the last 24.
SELECT client.client_id, client.name, client.logo_version, busy.calls, busy.refusals
FROM (
    SELECT client_id, sum(calls)::bigint AS calls, sum(refusals)::bigint AS refusals
    FROM usage
    WHERE hour > now() - interval '24 hours'
    GROUP BY client_id
) AS busy
JOIN client_overview AS client ON client.client_id = busy.client_id
WHERE client.deleted_at IS NULL AND busy.calls + busy.refusals > 0
ORDER BY busy.calls + busy.refusals DESC, client.client_id
LIMIT :rows;

-- name: search_clients(text, status, registered_by, host, reviewed, client_ids, before, rows)
-- By name, id or owner, newest first; `status` is suspended, waiting, active, verified, unverified, orphaned or nothing.
-- Apps without an owner are found by what registered them, and by host. `client_ids`: of these alone.
SELECT client.client_id, client.name, client.type, client.created_at, client.owner_id, client.approved,
       client.suspended, client.verified, client.logo_version, client.owner_name, client.owner_email,
       client.owner_disabled, client.registered_from, client.users, used.calls, used.refusals,
       (SELECT count(*) FROM (SELECT FROM audit_event
                              WHERE audit_event.client_id = client.client_id
                                AND audit_event.action IN ('family.reused', 'family.code_replayed')
                                AND audit_event.at > now() - interval '30 days'
                              LIMIT 1001) AS part) AS reuses
FROM client_overview AS client
LEFT JOIN client AS last ON last.client_id = :before
CROSS JOIN LATERAL (
    SELECT coalesce(sum(usage.calls), 0)::bigint AS calls, coalesce(sum(usage.refusals), 0)::bigint AS refusals
    FROM usage
    WHERE usage.client_id = client.client_id AND usage.hour > now() - interval '24 hours'
) AS used
WHERE client.deleted_at IS NULL
  AND (CAST(:client_ids AS text[]) IS NULL OR client.client_id = ANY (CAST(:client_ids AS text[])))
  AND (:text = '' OR client.client_id = :text OR position(lower(:text) IN lower(client.name)) > 0
       OR position(lower(:text) IN lower(client.owner_email)) > 0)
  AND (CAST(:status AS text) IS NULL
       OR (:status = 'suspended' AND client.suspended)
       OR (:status = 'waiting' AND client.approved_at IS NULL AND NOT client.suspended)
       OR (:status = 'active' AND NOT client.suspended AND (client.approved_at IS NOT NULL OR NOT :reviewed))
       OR (:status = 'verified' AND client.verified_at IS NOT NULL)
       OR (:status = 'unverified' AND client.verified_at IS NULL)
       OR (:status = 'orphaned' AND client.owner_disabled))
  AND (CAST(:registered_by AS text) IS NULL OR client.registered_by = :registered_by)
  AND (:host = '' OR client.client_id IN (SELECT client_host.client_id FROM client_host WHERE client_host.host = :host))
  AND (last.client_id IS NULL OR client.created_at < last.created_at
       OR (client.created_at = last.created_at AND client.client_id > last.client_id))
ORDER BY client.created_at DESC, client.client_id
LIMIT :rows;

-- The first apps in each order of the list of apps.

-- name: most_calls(rows)
-- In the hours that began in the last 24.
SELECT client_id
FROM usage
WHERE hour > now() - interval '24 hours'
GROUP BY client_id
ORDER BY sum(calls) DESC, client_id
LIMIT :rows;

-- name: most_refused(rows)
SELECT client_id
FROM usage
WHERE hour > now() - interval '24 hours' AND refusals > 0
GROUP BY client_id
ORDER BY sum(refusals) DESC, client_id
LIMIT :rows;

-- name: most_reused(rows)
-- By reuses in the last 30 days, of those in latest_reuse.
SELECT client_id
FROM latest_reuse
WHERE at > now() - interval '30 days'
GROUP BY client_id
ORDER BY count(*) DESC, client_id
LIMIT :rows;

-- name: most_users(rows)
-- Among the newest apps, and those that had the most users when all were last counted (figures.count_all).
SELECT client.client_id
FROM (
    (SELECT subject AS client_id FROM figure WHERE name = 'client_users' ORDER BY value DESC LIMIT :rows)
    UNION
    (SELECT newest.client_id FROM client AS newest
     WHERE newest.deleted_at IS NULL ORDER BY newest.created_at DESC, newest.client_id LIMIT :rows)
) AS candidate
JOIN client_overview AS client ON client.client_id = candidate.client_id
ORDER BY client.users DESC, client.client_id
LIMIT :rows;

-- name: oldest(rows)
SELECT client_id
FROM client
WHERE deleted_at IS NULL
ORDER BY created_at, client_id DESC
LIMIT :rows;

-- name: newest(rows)
SELECT client_id
FROM client
WHERE deleted_at IS NULL
ORDER BY created_at DESC, client_id
LIMIT :rows;

-- name: misbehaving(rows)
-- Apps whose tokens were reused in the last 24 hours, or of whose calls one in five was refused, the worst first.
SELECT client.client_id, client.name, client.logo_version, client.suspended, coalesce(used.calls, 0) AS calls,
       coalesce(used.refusals, 0) AS refusals, coalesce(reused.reuses, 0) AS reuses
FROM (
    SELECT client_id, sum(calls)::bigint AS calls, sum(refusals)::bigint AS refusals
    FROM usage
    WHERE hour > now() - interval '24 hours'
    GROUP BY client_id
) AS used
FULL JOIN (
    SELECT client_id, count(*) AS reuses
    FROM latest_reuse
    WHERE at > now() - interval '24 hours'
    GROUP BY client_id
) AS reused ON reused.client_id = used.client_id
JOIN client_overview AS client ON client.client_id = coalesce(used.client_id, reused.client_id)
WHERE client.deleted_at IS NULL
  AND (reused.reuses > 0 OR (used.refusals >= 20 AND used.refusals * 4 >= used.calls))
ORDER BY coalesce(reused.reuses, 0) DESC, coalesce(used.refusals, 0) DESC, client.client_id
LIMIT :rows;

-- name: names_of_clients(ids)
-- The names of the selected rows of a list.
SELECT client_id AS id, name
FROM client
WHERE client_id = ANY (:ids::text[]) AND deleted_at IS NULL
ORDER BY name, client_id
LIMIT 100;

-- name: names_of_users(ids)
SELECT user_id AS id, email AS name
FROM "user"
WHERE user_id = ANY (:ids::text[]) AND deleted_at IS NULL
ORDER BY email, user_id
LIMIT 100;

-- name: names_of_grants(ids)
-- Grants, by the emails of their users.
SELECT "grant".grant_id AS id, person.email AS name, "grant".user_id
FROM "grant"
JOIN "user" AS person ON person.user_id = "grant".user_id
WHERE "grant".grant_id = ANY (:ids::text[])
ORDER BY person.email, "grant".grant_id
LIMIT 100;

-- name: users_of_client(client_id, before, rows)
-- Connected users, newest first, among the app's newest 20,000 grants after grant `before`.
SELECT newest.grant_id, newest.user_id, person.email, person.name, newest.scopes, newest.created_at, newest.last_used_at
FROM (
    SELECT "grant".grant_id, "grant".user_id, "grant".epoch, "grant".scopes, "grant".created_at, "grant".last_used_at,
           "grant".ended_at
    FROM "grant"
    WHERE "grant".client_id = :client_id
      AND (CAST(:before AS text) IS NULL
           OR "grant".created_at <= (SELECT last.created_at FROM "grant" AS last WHERE last.grant_id = :before)
          AND ("grant".created_at < (SELECT last.created_at FROM "grant" AS last WHERE last.grant_id = :before)
               OR "grant".grant_id > :before))
    ORDER BY "grant".created_at DESC, "grant".grant_id
    LIMIT 20000
) AS newest
JOIN client ON client.client_id = :client_id AND client.epoch = newest.epoch
JOIN "user" AS person ON person.user_id = newest.user_id
WHERE newest.ended_at IS NULL
ORDER BY newest.created_at DESC, newest.grant_id
LIMIT :rows;

-- name: search_users_of_client(client_id, text, rows)
-- Connected users whose email or name begins with a text.
SELECT active.grant_id, active.user_id, person.email, person.name, active.scopes, active.created_at, active.last_used_at
FROM (
    (SELECT user_id FROM "user" WHERE lower(email) COLLATE "C" ^@ lower(:text) LIMIT 1000)
    UNION
    (SELECT user_id FROM "user" WHERE lower(name) COLLATE "C" ^@ lower(:text) LIMIT 1000)
) AS found
JOIN active_grant AS active ON active.user_id = found.user_id AND active.client_id = :client_id
JOIN "user" AS person ON person.user_id = active.user_id
ORDER BY active.created_at DESC, active.grant_id
LIMIT :rows;

-- name: affected_users(client_id, rows)
-- Users of an app with a token that was reused in the last 30 days, the latest first; `grant_id` if they are connected.
SELECT reused.user_id, person.email, reused.times, reused.last_at, active.grant_id
FROM (
    SELECT audit_event.user_id, count(*) AS times, max(audit_event.at) AS last_at
    FROM audit_event
    WHERE audit_event.client_id = :client_id AND audit_event.action IN ('family.reused', 'family.code_replayed')
      AND audit_event.at > now() - interval '30 days'
    GROUP BY audit_event.user_id
) AS reused
JOIN "user" AS person ON person.user_id = reused.user_id AND person.deleted_at IS NULL
LEFT JOIN active_grant AS active ON active.user_id = reused.user_id AND active.client_id = :client_id
ORDER BY reused.last_at DESC, reused.user_id
LIMIT :rows;

-- name: users(status, before, rows)
-- Newest first; `status` is admins, disabled or nothing.
SELECT person.user_id, person.email, person.name, person.is_admin, person.created_at,
       person.disabled_at IS NOT NULL AS disabled,
       (SELECT count(*) FROM active_grant WHERE active_grant.user_id = person.user_id) AS connected,
       (SELECT count(*) FROM client
        WHERE client.owner_id = person.user_id AND client.deleted_at IS NULL) AS owned
FROM "user" AS person
WHERE person.deleted_at IS NULL
  AND (CAST(:status AS text) IS NULL
       OR (:status = 'admins' AND person.is_admin)
       OR (:status = 'disabled' AND person.disabled_at IS NOT NULL))
  AND (CAST(:before AS text) IS NULL
       OR person.created_at <= (SELECT last.created_at FROM "user" AS last WHERE last.user_id = :before)
      AND (person.created_at < (SELECT last.created_at FROM "user" AS last WHERE last.user_id = :before)
           OR person.user_id > :before))
ORDER BY person.created_at DESC, person.user_id
LIMIT :rows;

-- name: search_users(text, status, before, rows)
-- The same, of those whose email or name begins with a text, or whose id it is; of the newest 20,000 also those that
-- have it in the middle.
WITH matching AS (
    SELECT found.user_id
    FROM (
        SELECT user_id FROM "user" WHERE user_id = :text
        UNION
        (SELECT user_id FROM "user" WHERE lower(email) COLLATE "C" ^@ lower(:text) LIMIT 1000)
        UNION
        (SELECT user_id FROM "user" WHERE lower(name) COLLATE "C" ^@ lower(:text) LIMIT 1000)
        UNION
        SELECT newest.user_id
        FROM (SELECT user_id, email, name FROM "user" ORDER BY created_at DESC, user_id LIMIT 20000) AS newest
        WHERE position(lower(:text) IN lower(newest.email)) > 0 OR position(lower(:text) IN lower(newest.name)) > 0
    ) AS found
    LIMIT 1000
)
SELECT person.user_id, person.email, person.name, person.is_admin, person.created_at,
       person.disabled_at IS NOT NULL AS disabled,
       (SELECT count(*) FROM active_grant WHERE active_grant.user_id = person.user_id) AS connected,
       (SELECT count(*) FROM client
        WHERE client.owner_id = person.user_id AND client.deleted_at IS NULL) AS owned
FROM matching
JOIN "user" AS person ON person.user_id = matching.user_id
LEFT JOIN "user" AS last ON last.user_id = :before
WHERE person.deleted_at IS NULL
  AND (CAST(:status AS text) IS NULL
       OR (:status = 'admins' AND person.is_admin)
       OR (:status = 'disabled' AND person.disabled_at IS NOT NULL))
  AND (last.user_id IS NULL OR person.created_at < last.created_at
       OR (person.created_at = last.created_at AND person.user_id > last.user_id))
ORDER BY person.created_at DESC, person.user_id
LIMIT :rows;

-- name: waiting_clients(after, rows)
-- Those to be reviewed, the longest waiting first; `after` is the last one of the page before.
SELECT client.client_id, client.name, client.description, client.home_page, client.type, client.redirect_uris,
       client.scopes, client.optional_scopes, client.skips_pkce, client.keeps_successor, client.created_at, client.changed_at,
       client.logo_version, client.owner_id, client.owner_name, client.owner_email, client.owner_since,
       (SELECT count(*) FROM client AS other
        WHERE other.owner_id = client.owner_id AND other.deleted_at IS NULL
          AND other.client_id <> client.client_id) AS other_clients,
       (SELECT count(*) FROM client AS other
        WHERE other.owner_id = client.owner_id AND other.deleted_at IS NULL
          AND other.suspended_at IS NOT NULL) AS suspended_clients
FROM client_overview AS client
LEFT JOIN client AS last ON last.client_id = :after
WHERE client.approved_at IS NULL AND client.suspended_at IS NULL AND client.deleted_at IS NULL
  AND (last.client_id IS NULL OR client.created_at > last.created_at
       OR (client.created_at = last.created_at AND client.client_id < last.client_id))
ORDER BY client.created_at, client.client_id DESC
LIMIT :rows;

-- name: waiting_proposals(after, rows)
-- Ids of those whose changes wait for review, the longest waiting first; `after` is the last one of the page before.
SELECT proposal.client_id
FROM client_proposal AS proposal
JOIN client ON client.client_id = proposal.client_id AND client.deleted_at IS NULL
LEFT JOIN client_proposal AS last ON last.client_id = :after
WHERE proposal.rejected_at IS NULL
  AND (last.client_id IS NULL OR (proposal.proposed_at, proposal.client_id) > (last.proposed_at, last.client_id))
ORDER BY proposal.proposed_at, proposal.client_id
LIMIT :rows;

-- name: grants_of_user(user_id, rows)
-- The active grants of a user, newest first.
SELECT active.grant_id, active.client_id, client.name AS client_name, client.suspended, client.logo_version,
       ARRAY(SELECT scope.scope FROM scope WHERE scope.scope = ANY (active.scopes) AND scope.scope = ANY (client.scopes)
             ORDER BY scope.position) AS scopes,
       active.created_at, active.last_used_at,
       (SELECT count(*) FROM family
        WHERE family.grant_id = active.grant_id AND family.ended_at IS NULL AND family.expires_at > now()
       ) AS connections
FROM active_grant AS active
JOIN client_overview AS client ON client.client_id = active.client_id
WHERE active.user_id = :user_id
ORDER BY active.created_at DESC, active.grant_id
LIMIT :rows;

-- name: connection(family_id)^
-- The connection, even if it ended.
SELECT family.family_id, family.grant_id, family.client_id, client.name AS client_name, person.user_id, person.email,
       family.scopes, family.created_at, family.last_used_at, family.address, family.ended_at, family.end_reason,
       family.ended_at IS NULL AND family.expires_at > now() AND family.epoch = client.epoch AS is_active
FROM family
JOIN client ON client.client_id = family.client_id
JOIN "grant" ON "grant".grant_id = family.grant_id
LEFT JOIN "user" AS person ON person.user_id = "grant".user_id AND person.deleted_at IS NULL
WHERE family.family_id = :family_id;

-- name: grant(grant_id)^
SELECT "grant".grant_id, "grant".client_id, client.name AS client_name, person.user_id, person.email
FROM "grant"
JOIN client ON client.client_id = "grant".client_id
JOIN "user" AS person ON person.user_id = "grant".user_id
WHERE "grant".grant_id = :grant_id;

-- name: family_of_code(code_hash)$
SELECT family_id
FROM family
WHERE code_hash = :code_hash;

-- name: client_of_secret(secret_hash)^
-- A client or an API.
SELECT coalesce(client_id, api_id) AS client_id, hint
FROM client_secret
WHERE secret_hash = :secret_hash;

-- name: named(id)^
-- The user, client or API with an id; for a connection or a grant its user, or its client if there is none.
SELECT user_id, CAST(NULL AS text) AS client_id, false AS is_api
FROM "user"
WHERE user_id = :id AND deleted_at IS NULL
UNION ALL
SELECT NULL, client_id, false
FROM client
WHERE client_id = :id AND deleted_at IS NULL
UNION ALL
SELECT NULL, client_id, true
FROM api
WHERE client_id = :id AND deleted_at IS NULL
UNION ALL
SELECT person.user_id, "grant".client_id, false
FROM "grant"
LEFT JOIN "user" AS person ON person.user_id = "grant".user_id AND person.deleted_at IS NULL
WHERE "grant".grant_id = :id OR "grant".grant_id = (SELECT family.grant_id FROM family WHERE family.family_id = :id);

-- name: clients_of_user(user_id, rows)
-- Those that a user develops, as owner or as member of the team, newest first.
SELECT client.client_id, client.name, client.created_at, client.logo_version, client.approved, client.suspended,
       client.owner_id IS NOT DISTINCT FROM :user_id AS is_owner, client.users
FROM (
    SELECT client_id FROM client WHERE owner_id = :user_id
    UNION
    SELECT client_id FROM client_member WHERE user_id = :user_id
) AS developed
JOIN client_overview AS client ON client.client_id = developed.client_id
WHERE client.deleted_at IS NULL
ORDER BY client.created_at DESC, client.client_id
LIMIT :rows;

-- name: hosts(text, rows)
-- Hosts of self-registered apps, those with the most first; an app with several counts at each.
SELECT client_host.host, count(*) AS clients, count(client.used_on) AS used, max(client.created_at) AS last_at,
       EXISTS (SELECT FROM host_removal WHERE host_removal.host = client_host.host) AS is_being_removed
FROM client_host
JOIN client ON client.client_id = client_host.client_id
WHERE position(lower(:text) IN client_host.host) > 0
GROUP BY client_host.host
ORDER BY count(*) DESC, client_host.host
LIMIT :rows;

-- name: host(host)^
-- How many self-registered apps a host has, and how many of them ever got a token.
SELECT count(*) AS clients, count(client.used_on) AS used
FROM client_host
JOIN client ON client.client_id = client_host.client_id
WHERE client_host.host = :host;

-- name: self_registered(client_id)^
-- What one such app said of its software, and where it gets its codes.
SELECT software_id, software_version, used_on,
       ARRAY(SELECT client_host.host FROM client_host
             WHERE client_host.client_id = client.client_id ORDER BY client_host.host) AS hosts
FROM client
WHERE client_id = :client_id AND owner_id IS NULL;
