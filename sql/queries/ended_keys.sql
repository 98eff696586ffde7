-- The table ended_key.

-- name: is_kept(key_hash)$
SELECT true
FROM ended_key
WHERE key_hash = :key_hash;

-- name: ended_since(seconds, after, at_most)
-- For the whole sweep, page by page.
SELECT key_hash, kind
FROM ended_key
WHERE ended_at > now() - make_interval(secs => :seconds) AND expires_at > now() AND key_hash > :after
ORDER BY key_hash
LIMIT :at_most;

-- name: ended_between(at, after, before, seen, at_most)
-- For the incremental sweep, page by page: of the transactions from `at` to `before` those the snapshot `seen` lacks.
SELECT key_hash, kind, ended_in::text AS ended_in
FROM ended_key
WHERE (ended_in, key_hash) > (:at::xid8, :after) AND ended_in < :before::xid8
  AND NOT pg_visible_in_snapshot(ended_in, :seen::pg_snapshot)
ORDER BY ended_key.ended_in, key_hash
LIMIT :at_most;

-- name: add(key_hash, kind, seconds)!
-- Commit this, then delete the key in Redis; `seconds` is how long it would have lived at most.
INSERT INTO ended_key (key_hash, kind, expires_at)
VALUES (:key_hash, :kind, now() + make_interval(secs => :seconds))
ON CONFLICT (key_hash) DO NOTHING;

-- name: purge(at_most)!
DELETE FROM ended_key
WHERE key_hash = ANY (ARRAY(
    SELECT key_hash
    FROM ended_key
    WHERE expires_at < now()
    ORDER BY expires_at
    LIMIT :at_most
    FOR UPDATE SKIP LOCKED
));
