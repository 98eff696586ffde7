-- name: find(client_id)^
-- All that a process keeps of a client; scopes in the order of the catalogue.
SELECT client.client_id, client.name, client.type, client.redirect_uris,
       ARRAY(SELECT scope.scope FROM scope WHERE scope.scope = ANY (client.scopes) ORDER BY scope.position) AS scopes,
       ARRAY(SELECT client_secret.secret_hash FROM client_secret
             WHERE client_secret.client_id = client.client_id ORDER BY client_secret.created_at) AS secret_hashes,
       client.skips_pkce, client.rate_limit_per_hour, client.grant_share_percent, client.token_limit_per_minute,
       client.optional_scopes, client.verified_at IS NOT NULL AS verified, client_logo.version AS logo_version,
       client.owner_id, "user".name AS owner_name, client.owner_disabled, client.epoch,
       client.approved_at IS NOT NULL AS approved, client.suspended_at IS NOT NULL AS suspended
FROM client
LEFT JOIN client_logo ON client_logo.client_id = client.client_id
JOIN "user" ON "user".user_id = client.owner_id
WHERE client.client_id = :client_id AND client.deleted_at IS NULL;

-- name: ids(at_most)
-- Of clients and APIs.
SELECT client_id
FROM client
WHERE deleted_at IS NULL
UNION ALL
SELECT client_id
FROM api
WHERE deleted_at IS NULL
ORDER BY client_id
LIMIT :at_most;

-- name: lock_living(client_id)^
-- For a new grant: the client cannot end, nor its epoch be raised, nor its owner be disabled, before this transaction does.
SELECT client_id, epoch
FROM client
WHERE client_id = :client_id AND deleted_at IS NULL AND NOT owner_disabled
FOR SHARE;

-- name: suspend(client_id, reason)$
-- Switches a client off; the time it happened, or nothing if it was off already.
UPDATE client
SET suspended_at = now(), suspend_reason = :reason, changed_at = now()
WHERE client_id = :client_id AND suspended_at IS NULL AND deleted_at IS NULL
RETURNING suspended_at;

-- name: reactivate(client_id)$
UPDATE client
SET suspended_at = NULL, suspend_reason = '', changed_at = now()
WHERE client_id = :client_id AND suspended_at IS NOT NULL AND deleted_at IS NULL
RETURNING changed_at;

-- name: raise_epoch(client_id)!
-- All grants, codes and tokens of the client are revoked by this; what each of them decides on compares the epoch.
UPDATE client
SET epoch = epoch + 1, tokens_revoked_at = now(), changed_at = now()
WHERE client_id = :client_id;

-- name: delete(client_id)!
UPDATE client
SET deleted_at = now(), epoch = epoch + 1, tokens_revoked_at = now(), changed_at = now()
WHERE client_id = :client_id AND deleted_at IS NULL;

-- name: drop_secrets(client_id)!
DELETE FROM client_secret
WHERE client_id = :client_id;

-- name: note_secrets_used(keys, times, addresses)!
-- Marks of last use, gathered by a process; locked in one order so that two processes cannot block each other.
WITH used AS (
    SELECT secret_hash, to_timestamp(at) AS used_at, address
    FROM unnest(:keys::bytea[], :times::double precision[], :addresses::text[]) AS mark (secret_hash, at, address)
), locked AS (
    SELECT client_secret.secret_hash
    FROM client_secret
    JOIN used ON used.secret_hash = client_secret.secret_hash
    ORDER BY client_secret.secret_hash
    FOR NO KEY UPDATE OF client_secret
)
UPDATE client_secret
SET last_used_at = used.used_at, last_used_from = used.address
FROM used, locked
WHERE client_secret.secret_hash = used.secret_hash AND locked.secret_hash = used.secret_hash
  AND (client_secret.last_used_at IS NULL OR client_secret.last_used_at < used.used_at);

-- name: changed_between(at, after, before, seen, at_most)
-- For the incremental sweep, page by page: of the transactions from `at` to `before` those the snapshot `seen` lacks.
SELECT client_id, changed_in::text AS changed_in
FROM client
WHERE (changed_in, client_id) > (:at::xid8, :after) AND changed_in < :before::xid8
  AND NOT pg_visible_in_snapshot(changed_in, :seen::pg_snapshot)
ORDER BY client.changed_in, client_id
LIMIT :at_most;

-- name: changed_since(seconds, after, at_most)
-- For the whole sweep, page by page: clients and APIs.
SELECT client_id
FROM client
WHERE changed_at > now() - make_interval(secs => :seconds) AND client_id > :after
UNION
SELECT client_id
FROM api
WHERE changed_at > now() - make_interval(secs => :seconds) AND client_id > :after
ORDER BY client_id
LIMIT :at_most;

-- name: find_logo(client_id)^
SELECT client_logo.content, client_logo.version
FROM client_logo
JOIN client ON client.client_id = client_logo.client_id AND client.deleted_at IS NULL
WHERE client_logo.client_id = :client_id;

-- name: acquaintance(client_id, user_id, at_most)^
-- Since when an app is known here, and how many people besides this one use it, counted up to a number.
SELECT created_at,
       (SELECT count(*) FROM (SELECT FROM "grant"
                              WHERE "grant".client_id = client.client_id AND "grant".ended_at IS NULL
                                AND "grant".epoch = client.epoch
                                AND "grant".user_id <> :user_id
                              LIMIT :at_most) AS counted) AS others
FROM client
WHERE client_id = :client_id AND deleted_at IS NULL;
