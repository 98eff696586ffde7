-- The table family.

-- name: find(handle_hash)^
SELECT family_id, grant_id, client_id, subject, scopes, resources, generation, current_hash, previous_hash, rotations,
       sealed, available_until, created_at, expires_at, ended_at, epoch, credential_bound, clock_timestamp() AS now,
       epoch = (SELECT client.epoch FROM client WHERE client.client_id = family.client_id) AS is_of_epoch
FROM family
WHERE handle_hash = :handle_hash;

-- name: of_client(family_id, client_id)^
-- The connection, even if it ended.
SELECT subject, scopes, resources FROM family WHERE family_id = :family_id AND client_id = :client_id;

-- name: active_client(family_id)$
-- The client of a family whose tokens may still be used.
SELECT client_id
FROM family
WHERE family_id = :family_id AND ended_at IS NULL AND expires_at > now();

-- name: find_own(client_id, own_key)$
-- Of the client's epoch, without a user.
SELECT family.family_id
FROM family
JOIN client ON client.client_id = family.client_id AND client.epoch = family.epoch
WHERE family.client_id = :client_id AND family.own_key = :own_key AND family.ended_at IS NULL;

-- name: own(client_id, rows)
-- Those without a user that are active, the latest first.
SELECT family.family_id, family.scopes, family.resources, family.created_at, family.last_used_at, family.address
FROM family
JOIN client ON client.client_id = family.client_id AND client.epoch = family.epoch
WHERE family.client_id = :client_id AND family.own_key IS NOT NULL AND family.ended_at IS NULL
  AND family.expires_at > now()
ORDER BY family.created_at DESC, family.family_id
LIMIT :rows;

-- name: is_own(family_id, client_id)$
SELECT EXISTS (SELECT FROM family WHERE family_id = :family_id AND client_id = :client_id AND self_granted);

-- name: lock_own(family_id, days)^
-- For a token without a user: locks this family, so nothing ends it. It is in use, so it stays for so many days more.
UPDATE family
SET last_used_at = now(), expires_at = now() + make_interval(days => :days)
FROM client
WHERE family.family_id = :family_id AND family.ended_at IS NULL
  AND client.client_id = family.client_id AND client.epoch = family.epoch
RETURNING family.grant_id, family.epoch;

-- name: add_own(family_id, grant_id, epoch, client_id, scopes, resources, own_key, address, days)^
-- A new family without a user; nothing if another transaction added it. This one has the grant locked.
-- `others` are the grant's active families that this statement sees.
INSERT INTO family (family_id, grant_id, epoch, client_id, self_granted, scopes, resources, own_key, address, expires_at)
VALUES (:family_id, :grant_id, :epoch, :client_id, true, :scopes, :resources::text[], :own_key, :address,
        now() + make_interval(days => :days))
ON CONFLICT (client_id, epoch, own_key) WHERE own_key IS NOT NULL AND ended_at IS NULL DO NOTHING
RETURNING family_id, grant_id, epoch,
          (SELECT count(*) FROM family AS other WHERE other.grant_id = :grant_id AND other.ended_at IS NULL) AS others;

-- name: count_active(grant_id)$
SELECT count(*)
FROM family
WHERE grant_id = :grant_id AND ended_at IS NULL;

-- name: of_grant(grant_id)
-- To invalidate again what a repeated revocation finds revoked.
SELECT family_id
FROM family
WHERE grant_id = :grant_id
ORDER BY family_id
LIMIT 10000;

-- name: count_of_client(client_id, epoch)$
SELECT count(*)
FROM family
WHERE client_id = :client_id AND ended_at IS NULL AND epoch < :epoch;

-- name: count_of_user(user_id, began_at)$
SELECT count(*)
FROM "grant"
JOIN family ON family.grant_id = "grant".grant_id AND family.ended_at IS NULL
WHERE "grant".user_id = :user_id AND "grant".ended_at IS NULL AND "grant".created_at <= :began_at;

-- name: recent_of_user(user_id, seconds, after, at_most)
-- To invalidate again what a repeated revocation finds revoked, page by page.
SELECT family.family_id
FROM family
JOIN "grant" ON "grant".grant_id = family.grant_id
WHERE "grant".user_id = :user_id AND family.ended_at > now() - make_interval(secs => :seconds)
  AND family.family_id > :after
ORDER BY family.family_id
LIMIT :at_most;

-- name: ended_since(seconds, at, after, at_most)
-- For the whole sweep, page by page; `at` and `after` are of the last one of the page before. From the comparison of
-- pairs alone the planner does not know that the index of ended ones holds them all.
SELECT family_id, ended_at
FROM family
WHERE ended_at IS NOT NULL
  AND (ended_at, family_id) > (coalesce(:at::timestamptz, now() - make_interval(secs => :seconds)), :after)
ORDER BY ended_at, family_id
LIMIT :at_most;

-- name: ended_between(at, after, before, seen, at_most)
-- For the incremental sweep, page by page: of the transactions from `at` to `before` those the snapshot `seen` lacks.
SELECT family_id, ended_in::text AS ended_in
FROM family
WHERE (ended_in, family_id) > (:at::xid8, :after) AND ended_in < :before::xid8
  AND NOT pg_visible_in_snapshot(ended_in, :seen::pg_snapshot)
ORDER BY family.ended_in, family_id
LIMIT :at_most;

-- name: walk(after, grace, at_most)^
-- The next step along the primary key: where it ends, how many rows it read, and what has to be done of them.
SELECT max(family_id) AS last, count(*) AS rows,
       coalesce(array_agg(family_id) FILTER (WHERE is_expired), '{}') AS expired,
       coalesce(array_agg(family_id) FILTER (WHERE is_sealed), '{}') AS sealed
FROM (
    SELECT family_id, ended_at IS NULL AND expires_at < now() AS is_expired,
           sealed IS NOT NULL AND last_used_at < now() - make_interval(secs => :grace)
               AND (available_until IS NULL OR available_until < now()) AS is_sealed
    FROM family
    WHERE family_id > :after
    ORDER BY family_id
    LIMIT :at_most
) AS step;

-- name: lock(handle_hash, client_id)^
-- For a token that did not rotate: locks the row, so nothing else rotates or ends it. `now` is the time after the wait.
SELECT family_id, grant_id, client_id, subject, scopes, resources, generation, current_hash, previous_hash, rotations,
       sealed, available_until, created_at, expires_at, ended_at, epoch, credential_bound, clock_timestamp() AS now,
       epoch = (SELECT client.epoch FROM client WHERE client.client_id = family.client_id) AS is_of_epoch
FROM family
WHERE handle_hash = :handle_hash AND client_id = :client_id
FOR UPDATE;

-- name: add(family_id, grant_id, client_id, subject, session_began_at, scopes, resources, code_hash, handle_hash, current_hash, credential_bound, browser, address, refresh_ttl, max_age, deadline)^
-- A new family. Nothing if the code was used before (this row decides which use of a code is the first), if the grant
-- ended, or if its user was disabled or changed their password since the session began in which the code was given.
-- Neither user nor grant changes before this transaction ends; users are locked before grants. The epoch is the grant's
-- own, and the family and its tokens take it over: if the client's is raised after that, they are of an older one.
-- `others` are the grant's active families that this statement sees. `deadline` is the request's, as Unix time.
WITH owner AS (
    SELECT user_id
    FROM "user"
    WHERE subject = :subject AND disabled_at IS NULL
      AND (sessions_ended_at IS NULL OR sessions_ended_at < :session_began_at::timestamptz)
    FOR SHARE
), allowed AS (
    SELECT "grant".grant_id, "grant".epoch
    FROM owner
    JOIN "grant" ON "grant".user_id = owner.user_id
    WHERE "grant".grant_id = :grant_id AND "grant".ended_at IS NULL AND clock_timestamp() < to_timestamp(:deadline::float8)
      AND "grant".epoch = (SELECT client.epoch FROM client WHERE client.client_id = "grant".client_id)
    FOR SHARE OF "grant"
)
INSERT INTO family (family_id, grant_id, epoch, client_id, subject, scopes, resources, code_hash, handle_hash,
                    current_hash, credential_bound, browser, address, expires_at)
SELECT :family_id, allowed.grant_id, allowed.epoch, :client_id, :subject, :scopes::text[], :resources::text[],
       :code_hash::bytea, :handle_hash::bytea, :current_hash::bytea, :credential_bound::boolean, :browser, :address,
       now() + make_interval(secs => LEAST(:refresh_ttl::float8, :max_age::float8))
FROM allowed
ON CONFLICT (code_hash) DO NOTHING
RETURNING epoch, (SELECT count(*) FILTER (WHERE other.ended_at IS NULL)
                  FROM family AS other WHERE other.grant_id = :grant_id) AS others;

-- name: is_code_used(code_hash)$
SELECT EXISTS (SELECT FROM family WHERE code_hash = :code_hash);

-- name: can_redeem(code_hash, grant_id)$
-- Asked before the response with a code is sent again; `add` decides.
SELECT NOT EXISTS (SELECT FROM family WHERE code_hash = :code_hash)
       AND EXISTS (SELECT FROM active_grant WHERE grant_id = :grant_id);

-- name: rotate(handle_hash, client_id, generation, presented_hash, with_credential, scopes, resources, current_hash, sealed, available_seconds, refresh_ttl, max_age, deadline)^
-- Only the current token of an active family rotates, when something of its scopes (those the client may have, and
-- requested) and all requested resources are in it. No row: nothing happened, and `lock` says why. IS TRUE leaves the
-- planner one index to choose. `seconds_left` are the family's, however often it rotates. `deadline` is the request's, as
-- Unix time: the clock is read again after a wait for the row's lock.
UPDATE family
SET generation = generation + 1, current_hash = :current_hash, previous_hash = current_hash, sealed = :sealed,
    rotations = CASE WHEN last_used_at < clock_timestamp() - interval '1 minute' THEN ARRAY[clock_timestamp()]
                     ELSE trim_array(clock_timestamp() || rotations, GREATEST(cardinality(rotations) - 63, 0)) END,
    available_until = clock_timestamp() + make_interval(secs => :available_seconds::float8), last_used_at = clock_timestamp(),
    expires_at = LEAST(clock_timestamp() + make_interval(secs => :refresh_ttl),
                       created_at + make_interval(secs => :max_age))
WHERE handle_hash = :handle_hash AND (client_id = :client_id) IS TRUE AND generation = :generation
  AND current_hash = :presented_hash AND ended_at IS NULL
  AND LEAST(expires_at, created_at + make_interval(secs => :max_age)) > clock_timestamp()
  AND (:with_credential::boolean OR NOT credential_bound)
  AND scopes && :scopes AND resources @> :resources::text[] AND clock_timestamp() < to_timestamp(:deadline::float8)
  AND epoch = (SELECT client.epoch FROM client WHERE client.client_id = family.client_id)
RETURNING family_id, grant_id, subject, scopes, resources, epoch,
          :max_age::int - trunc(extract(epoch FROM clock_timestamp() - created_at))::int AS seconds_left;

-- name: keep_successor(family_id, current_hash, sealed, seconds)!
-- Nobody could be given the current token, so it can be repeated for longer than the grace time: until a client is given
-- it. Where one was already, `repeat` has set `available_until`.
UPDATE family
SET sealed = :sealed::bytea, available_until = clock_timestamp() + make_interval(secs => :seconds)
WHERE family_id = :family_id AND current_hash = :current_hash AND ended_at IS NULL AND available_until IS NULL;

-- name: repeat(family_id, sealed, grace)!
-- The row is locked by `lock`. Without anything new to seal, what is sealed stays. The grace time counts from when a
-- client was first given the current token; `grace` is empty for a client whose successor stays available anyway.
UPDATE family
SET sealed = coalesce(:sealed::bytea, sealed), repeats = repeats + 1,
    available_until = LEAST(coalesce(available_until, rotations[1] + make_interval(secs => :grace::float8)),
                            clock_timestamp() + make_interval(secs => :grace::float8))
WHERE family_id = :family_id;

-- name: unseal(family_ids, grace)!
-- The grace time is over: what could be opened by the superseded token is erased. A rotation under way seals again.
UPDATE family
SET sealed = NULL
WHERE family_id IN (
    SELECT family_id
    FROM family
    WHERE family_id = ANY (:family_ids) AND sealed IS NOT NULL AND last_used_at < now() - make_interval(secs => :grace)
      AND (available_until IS NULL OR available_until < now())
    ORDER BY family_id
    FOR NO KEY UPDATE SKIP LOCKED
);

-- name: end(family_id, reason)$
UPDATE family
SET ended_at = now(), end_reason = :reason, sealed = NULL
WHERE family_id = :family_id AND ended_at IS NULL
RETURNING family_id;

-- name: end_by_code(code_hash, reason)^
UPDATE family
SET ended_at = now(), end_reason = :reason, sealed = NULL
WHERE code_hash = :code_hash AND ended_at IS NULL
RETURNING family_id, grant_id, client_id;

-- name: end_of_grants(grant_ids, reason)
UPDATE family
SET ended_at = now(), end_reason = :reason, sealed = NULL
WHERE grant_id = ANY (:grant_ids) AND ended_at IS NULL
RETURNING family_id;

-- name: end_beyond(grant_id, at_most, reason)
-- The longest unused of a grant's families beyond the number it may have. The grant is locked, so that two who count
-- to the same number do not both end that many; nothing is locked below OFFSET, which would lock all of them.
UPDATE family
SET ended_at = now(), end_reason = :reason, sealed = NULL
WHERE ended_at IS NULL AND family_id IN (
    SELECT family_id
    FROM family
    WHERE grant_id = :grant_id AND ended_at IS NULL
    ORDER BY last_used_at DESC, family_id
    OFFSET :at_most
)
RETURNING family_id;

-- name: end_expired(family_ids)!
UPDATE family
SET ended_at = now(), end_reason = 'expired', sealed = NULL
WHERE family_id IN (
    SELECT family_id
    FROM family
    WHERE family_id = ANY (:family_ids) AND ended_at IS NULL AND expires_at < now()
    ORDER BY family_id
    FOR NO KEY UPDATE SKIP LOCKED
);

-- name: end_of_client(client_id, epoch, reason, at_most)
WITH older AS (
    SELECT family_id
    FROM family
    WHERE client_id = :client_id AND ended_at IS NULL AND epoch < :epoch
    ORDER BY epoch
    LIMIT :at_most
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE family
SET ended_at = now(), end_reason = :reason, sealed = NULL
FROM older
WHERE family.family_id = older.family_id
RETURNING family.family_id;

-- name: purge(days, at_most)!
DELETE FROM family
WHERE family_id = ANY (ARRAY(
    SELECT family_id
    FROM family
    WHERE ended_at < now() - make_interval(days => :days)
    ORDER BY ended_at
    LIMIT :at_most
    FOR UPDATE SKIP LOCKED
));
