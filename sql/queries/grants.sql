-- The tables grant and consent.

-- name: find_active(user_id, client_id)^
SELECT active.grant_id, active.scopes, active.created_at
FROM active_grant AS active
WHERE active.user_id = :user_id AND active.client_id = :client_id
  AND NOT EXISTS (SELECT FROM revocation
                  WHERE revocation.user_id = :user_id AND revocation.finished_at IS NULL
                    AND revocation.began_at >= active.created_at);

-- name: find_of_user(grant_id, user_id)^
SELECT grant_id, user_id, client_id, ended_at
FROM "grant"
WHERE grant_id = :grant_id AND user_id = :user_id;

-- name: user_of(grant_id)$
SELECT user_id
FROM "grant"
WHERE grant_id = :grant_id;

-- name: consents(grant_id)
-- The latest first.
SELECT redirect_host, resources, scopes, declined
FROM consent
WHERE grant_id = :grant_id
ORDER BY given_at DESC, redirect_host, resources
LIMIT 1000;

-- name: lock_to_trim(grant_id)^
-- Only one transaction at a time trims the families of a grant.
SELECT grant_id
FROM "grant"
WHERE grant_id = :grant_id AND ended_at IS NULL
FOR NO KEY UPDATE;

-- name: give(grant_id, user_id, client_id, epoch, scopes)$
-- Returns the id of the one active grant, new or widened; `end_revoked` must run before.
INSERT INTO "grant" (grant_id, user_id, client_id, epoch, scopes)
VALUES (:grant_id, :user_id, :client_id, :epoch, :scopes)
ON CONFLICT (user_id, client_id) WHERE ended_at IS NULL DO UPDATE
SET scopes = ARRAY(SELECT DISTINCT scope FROM unnest("grant".scopes || EXCLUDED.scopes) AS scope ORDER BY scope)
RETURNING grant_id;

-- name: give_to_itself(grant_id, client_id, epoch, scopes)^
-- The one active grant of a client without a user; `end_own_revoked` must run before.
INSERT INTO "grant" (grant_id, self_granted, client_id, epoch, scopes)
VALUES (:grant_id, true, :client_id, :epoch, :scopes)
ON CONFLICT (user_id, client_id) WHERE ended_at IS NULL DO UPDATE
SET scopes = ARRAY(SELECT DISTINCT scope FROM unnest("grant".scopes || EXCLUDED.scopes) AS scope ORDER BY scope)
RETURNING grant_id, epoch, grant_id = :grant_id AS is_new;

-- name: end_own_revoked(client_id, epoch)!
-- As end_revoked, of the grant without a user.
UPDATE "grant"
SET ended_at = now(), end_reason = coalesce(
    (SELECT revocation.reason FROM revocation
     WHERE revocation.client_id = :client_id AND revocation.finished_at IS NULL), 'client_tokens_ended')
WHERE user_id IS NULL AND client_id = :client_id AND ended_at IS NULL AND epoch <> :epoch;

-- name: add_consent(grant_id, redirect_host, resources, scopes, declined)!
-- For each scope the latest decision counts.
INSERT INTO consent (grant_id, redirect_host, resources, scopes, declined)
VALUES (:grant_id, :redirect_host, :resources, :scopes, :declined::text[])
ON CONFLICT (grant_id, redirect_host, resources) DO UPDATE
SET scopes = ARRAY(SELECT DISTINCT scope FROM unnest(consent.scopes || EXCLUDED.scopes) AS scope
                   WHERE scope <> ALL (EXCLUDED.declined) ORDER BY scope),
    declined = ARRAY(SELECT DISTINCT scope FROM unnest(consent.declined || EXCLUDED.declined) AS scope
                     WHERE scope <> ALL (EXCLUDED.scopes) ORDER BY scope),
    given_at = now();

-- name: overrule(grant_id, redirect_host, resources, scopes, declined)!
-- A decision removes its scopes from earlier ones for overlapping resources, so the user is asked again where the new
-- decision does not hold. No resources means all.
UPDATE consent
SET scopes = ARRAY(SELECT scope FROM unnest(consent.scopes) AS scope
                   WHERE scope <> ALL (:declined::text[]) ORDER BY scope),
    declined = ARRAY(SELECT scope FROM unnest(consent.declined) AS scope
                     WHERE scope <> ALL (:scopes::text[]) ORDER BY scope)
WHERE grant_id = :grant_id AND redirect_host = :redirect_host AND resources <> :resources::text[]
  AND (resources && :resources::text[] OR resources = '{}' OR :resources::text[] = '{}')
  AND (scopes && :declined::text[] OR declined && :scopes::text[]);

-- name: forget_consents(client_id)!
-- Everybody is asked again; what they allowed goes on working.
DELETE FROM consent
WHERE grant_id IN (SELECT grant_id FROM "grant" WHERE client_id = :client_id AND ended_at IS NULL);

-- name: note_used(keys, times, addresses, calls)!
-- Marks of last use, and calls, collected by a process. Rows are locked in one order, so that two processes cannot
-- deadlock. Calls count for the month in which they are written.
WITH used AS (
    SELECT mark.grant_id, to_timestamp(mark.at) AS used_at, mark.address, mark.calls,
           date_trunc('month', now() AT TIME ZONE 'UTC')::date AS month
    FROM unnest(:keys::text[], :times::double precision[], :addresses::text[], :calls::bigint[])
         AS mark (grant_id, at, address, calls)
), locked AS (
    SELECT "grant".grant_id
    FROM "grant"
    JOIN used ON used.grant_id = "grant".grant_id
    ORDER BY "grant".grant_id
    FOR NO KEY UPDATE OF "grant"
)
UPDATE "grant"
SET last_used_at = GREATEST("grant".last_used_at, used.used_at),
    last_used_from = CASE WHEN "grant".last_used_at > used.used_at THEN "grant".last_used_from ELSE used.address END,
    calls = used.calls + CASE WHEN "grant".calls_month = used.month THEN "grant".calls ELSE 0 END,
    calls_before = CASE "grant".calls_month WHEN used.month THEN "grant".calls_before
                                            WHEN used.month - interval '1 month' THEN "grant".calls ELSE 0 END,
    calls_month = used.month
FROM used, locked
WHERE "grant".grant_id = used.grant_id AND locked.grant_id = used.grant_id;

-- name: end(grant_id, user_id, reason)^
-- Ends one grant of one user; its families follow in a statement of their own.
UPDATE "grant"
SET ended_at = now(), end_reason = :reason
WHERE grant_id = :grant_id AND user_id = :user_id AND ended_at IS NULL
RETURNING grant_id, user_id, client_id;

-- name: end_revoked(user_id, client_id, epoch)
-- Grants that were revoked with everything of the client or user, but whose rows are not marked yet: a new grant takes
-- their place, and must not be one of them.
UPDATE "grant"
SET ended_at = now(), end_reason = coalesce(
    (SELECT revocation.reason FROM revocation
     WHERE revocation.client_id = :client_id AND revocation.finished_at IS NULL AND "grant".epoch <> :epoch),
    (SELECT revocation.reason FROM revocation
     WHERE revocation.user_id = :user_id AND revocation.finished_at IS NULL),
    'client_tokens_ended')
WHERE user_id = :user_id AND client_id = :client_id AND ended_at IS NULL
  AND (epoch <> :epoch
       OR created_at <= (SELECT revocation.began_at FROM revocation
                         WHERE revocation.user_id = :user_id AND revocation.finished_at IS NULL))
RETURNING grant_id;

-- name: end_of_client(client_id, epoch, reason, at_most)
-- Rows that another transaction holds are skipped, and found by the next batch.
WITH older AS (
    SELECT grant_id
    FROM "grant"
    WHERE client_id = :client_id AND ended_at IS NULL AND epoch < :epoch
    ORDER BY epoch
    LIMIT :at_most
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE "grant"
SET ended_at = now(), end_reason = :reason
FROM older
WHERE "grant".grant_id = older.grant_id
RETURNING "grant".grant_id;

-- name: end_of_user(user_id, began_at, reason, at_most)
-- Locked in the order in which marks of last use are written, so that the two cannot deadlock.
WITH earlier AS (
    SELECT grant_id
    FROM "grant"
    WHERE user_id = :user_id AND ended_at IS NULL AND created_at <= :began_at
    ORDER BY grant_id
    LIMIT :at_most
    FOR NO KEY UPDATE
)
UPDATE "grant"
SET ended_at = now(), end_reason = :reason
FROM earlier
WHERE "grant".grant_id = earlier.grant_id
RETURNING "grant".grant_id;

-- name: purge(days, at_most)!
-- Ended grants whose families are gone already.
DELETE FROM "grant"
WHERE grant_id IN (
    SELECT ended.grant_id
    FROM "grant" AS ended
    WHERE ended.ended_at < now() - make_interval(days => :days)
      AND NOT EXISTS (SELECT FROM family WHERE family.grant_id = ended.grant_id)
    ORDER BY ended.ended_at
    LIMIT :at_most
    FOR UPDATE SKIP LOCKED
);
