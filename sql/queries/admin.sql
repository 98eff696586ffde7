-- name: overview()^
-- The figures of the first admin page, and which day it is in UTC.
SELECT (SELECT count(*) FROM "user") AS users,
       (SELECT count(*) FROM "user" WHERE disabled_at IS NOT NULL) AS users_disabled,
       (SELECT count(*) FROM client WHERE deleted_at IS NULL) AS apps,
       (SELECT count(*) FROM client WHERE deleted_at IS NULL AND suspended_at IS NOT NULL) AS apps_suspended,
       (SELECT count(*) FROM client
        WHERE deleted_at IS NULL AND approved_at IS NULL AND suspended_at IS NULL) AS apps_waiting,
       (SELECT count(*) FROM client_proposal
        JOIN client ON client.client_id = client_proposal.client_id AND client.deleted_at IS NULL
        WHERE client_proposal.rejected_at IS NULL) AS changes_waiting,
       (SELECT count(*) FROM "grant"
        JOIN client ON client.client_id = "grant".client_id AND client.epoch = "grant".epoch
        WHERE "grant".ended_at IS NULL) AS grants,
       (SELECT count(*) FROM api WHERE deleted_at IS NULL) AS apis,
       (now() AT TIME ZONE 'UTC')::date AS today;

-- name: usage_by_day(days)
-- Calls and refusals of all apps, by day in UTC; a day without any is left out.
SELECT (hour AT TIME ZONE 'UTC')::date AS day, sum(calls)::bigint AS calls, sum(refusals)::bigint AS refusals
FROM usage
WHERE hour >= date_trunc('day', now(), 'UTC') - make_interval(days => :days)
GROUP BY (hour AT TIME ZONE 'UTC')::date
ORDER BY day
LIMIT 1000;

-- name: users_by_day(days)
-- New accounts.
SELECT (created_at AT TIME ZONE 'UTC')::date AS day, count(*) AS number
FROM "user"
WHERE created_at >= date_trunc('day', now(), 'UTC') - make_interval(days => :days)
GROUP BY (created_at AT TIME ZONE 'UTC')::date
ORDER BY day
LIMIT 1000;

-- name: grants_by_day(days)
-- New grants, ended ones too.
SELECT (created_at AT TIME ZONE 'UTC')::date AS day, count(*) AS number
FROM "grant"
WHERE created_at >= date_trunc('day', now(), 'UTC') - make_interval(days => :days)
GROUP BY (created_at AT TIME ZONE 'UTC')::date
ORDER BY day
LIMIT 1000;

-- name: busiest_apps(rows)
-- The apps with the most calls, refused ones too, of the hours that began in the last 24.
SELECT client.client_id, client.name, client_logo.version AS logo_version, busy.calls, busy.refusals
FROM (
    SELECT client_id, sum(calls)::bigint AS calls, sum(refusals)::bigint AS refusals
    FROM usage
    WHERE hour > now() - interval '24 hours'
    GROUP BY client_id
) AS busy
JOIN client ON client.client_id = busy.client_id
LEFT JOIN client_logo ON client_logo.client_id = client.client_id
WHERE client.deleted_at IS NULL
ORDER BY busy.calls + busy.refusals DESC, client.client_id
LIMIT :rows;

-- name: usage_of_last_day()^
-- Good calls and refused ones of all apps, of the hours that began in the last 24.
SELECT coalesce(sum(calls), 0)::bigint AS calls, coalesce(sum(refusals), 0)::bigint AS refusals
FROM usage
WHERE hour > now() - interval '24 hours';

-- name: search_apps(words, status, reviewed, before, rows)
-- Apps by name, id or owner, newest first; `status` is suspended, waiting, active, verified, unverified or nothing.
SELECT client.client_id, client.name, client.type, client.created_at, client.owner_id,
       client.approved_at IS NOT NULL AS approved, client.suspended_at IS NOT NULL AS suspended,
       client.verified_at IS NOT NULL AS verified, client_logo.version AS logo_version,
       owner.name AS owner_name, owner.email AS owner_email,
       (SELECT count(*) FROM "grant"
        WHERE "grant".client_id = client.client_id AND "grant".ended_at IS NULL
          AND "grant".epoch = client.epoch) AS users,
       (SELECT coalesce(sum(usage.calls), 0)::bigint FROM usage
        WHERE usage.client_id = client.client_id AND usage.hour > now() - interval '24 hours') AS calls
FROM client
JOIN "user" AS owner ON owner.user_id = client.owner_id
LEFT JOIN client_logo ON client_logo.client_id = client.client_id
LEFT JOIN client AS last ON last.client_id = :before
WHERE client.deleted_at IS NULL
  AND (:words = '' OR client.client_id = :words OR position(lower(:words) IN lower(client.name)) > 0
       OR position(lower(:words) IN lower(owner.email)) > 0)
  AND (CAST(:status AS text) IS NULL
       OR (:status = 'suspended' AND client.suspended_at IS NOT NULL)
       OR (:status = 'waiting' AND client.approved_at IS NULL AND client.suspended_at IS NULL)
       OR (:status = 'active' AND client.suspended_at IS NULL AND (client.approved_at IS NOT NULL OR NOT :reviewed))
       OR (:status = 'verified' AND client.verified_at IS NOT NULL)
       OR (:status = 'unverified' AND client.verified_at IS NULL))
  AND (last.client_id IS NULL OR client.created_at < last.created_at
       OR (client.created_at = last.created_at AND client.client_id > last.client_id))
ORDER BY client.created_at DESC, client.client_id
LIMIT :rows;

-- name: search_users(words, status, before, rows)
-- Users by mail or name, newest first; `status` is admins, disabled or nothing.
SELECT person.user_id, person.email, person.name, person.is_admin, person.created_at,
       person.disabled_at IS NOT NULL AS disabled,
       (SELECT count(*) FROM "grant"
        JOIN client ON client.client_id = "grant".client_id AND client.epoch = "grant".epoch
        WHERE "grant".user_id = person.user_id AND "grant".ended_at IS NULL) AS connected,
       (SELECT count(*) FROM client
        WHERE client.owner_id = person.user_id AND client.deleted_at IS NULL) AS owned
FROM "user" AS person
LEFT JOIN "user" AS last ON last.user_id = :before
WHERE (:words = '' OR person.user_id = :words OR position(lower(:words) IN lower(person.email)) > 0
       OR position(lower(:words) IN lower(person.name)) > 0)
  AND (CAST(:status AS text) IS NULL
       OR (:status = 'admins' AND person.is_admin)
       OR (:status = 'disabled' AND person.disabled_at IS NOT NULL))
  AND (last.user_id IS NULL OR person.created_at < last.created_at
       OR (person.created_at = last.created_at AND person.user_id > last.user_id))
ORDER BY person.created_at DESC, person.user_id
LIMIT :rows;

-- name: user_id_of(words)$
-- The user with this mail address or id.
SELECT user_id
FROM "user"
WHERE user_id = :words OR lower(email) = lower(:words);

-- name: grants_of_user(user_id, rows)
-- The living grants of a user, newest first.
SELECT "grant".grant_id, "grant".client_id, client.name AS client_name, client.suspended_at IS NOT NULL AS suspended,
       ARRAY(SELECT scope.scope FROM scope WHERE scope.scope = ANY ("grant".scopes) AND scope.scope = ANY (client.scopes)
             ORDER BY scope.position) AS scopes,
       "grant".created_at, "grant".last_used_at, client_logo.version AS logo_version,
       (SELECT count(*) FROM family
        WHERE family.grant_id = "grant".grant_id AND family.ended_at IS NULL AND family.expires_at > now()) AS devices
FROM "grant"
JOIN client ON client.client_id = "grant".client_id AND client.epoch = "grant".epoch
LEFT JOIN client_logo ON client_logo.client_id = client.client_id
WHERE "grant".user_id = :user_id AND "grant".ended_at IS NULL
ORDER BY "grant".created_at DESC, "grant".grant_id
LIMIT :rows;

-- name: apps_of_user(user_id, rows)
-- The apps that a user develops, as owner or as member of the team, newest first.
SELECT client.client_id, client.name, client.created_at, client_logo.version AS logo_version,
       client.approved_at IS NOT NULL AS approved, client.suspended_at IS NOT NULL AS suspended,
       client.owner_id = :user_id AS is_owner,
       (SELECT count(*) FROM "grant"
        WHERE "grant".client_id = client.client_id AND "grant".ended_at IS NULL
          AND "grant".epoch = client.epoch) AS users
FROM (
    SELECT client_id FROM client WHERE owner_id = :user_id
    UNION
    SELECT client_id FROM client_member WHERE user_id = :user_id
) AS developed
JOIN client ON client.client_id = developed.client_id
LEFT JOIN client_logo ON client_logo.client_id = client.client_id
WHERE client.deleted_at IS NULL
ORDER BY client.created_at DESC, client.client_id
LIMIT :rows;

-- name: sign_ins(user_id, rows)
-- The newest sign-ins of a user, those that failed too, and sign-outs.
SELECT event.event_id, event.at, event.action, event.address, event.details
FROM audit_event AS event
WHERE event.user_id = :user_id
  AND event.action IN ('user.signed_in', 'user.sign_in_failed', 'user.signed_out', 'user.session_ended')
ORDER BY event.event_id DESC
LIMIT :rows;

-- name: administrators()
-- Who can administer this server.
SELECT user_id
FROM "user"
WHERE is_admin AND disabled_at IS NULL
ORDER BY user_id
LIMIT 1000;

-- name: set_admin(user_id, is_admin)!
UPDATE "user"
SET is_admin = :is_admin
WHERE user_id = :user_id AND is_admin <> :is_admin;
