-- name: add(key_hash, kind, seconds)!
-- Commit this, then strike the key in Redis; `seconds` is how long it would have lived at most.
INSERT INTO ended_key (key_hash, kind, expires_at)
VALUES (:key_hash, :kind, now() + make_interval(secs => :seconds))
ON CONFLICT (key_hash) DO NOTHING;

-- name: is_kept(key_hash)$
SELECT true
FROM ended_key
WHERE key_hash = :key_hash;

-- name: ended_since(seconds, after, at_most)
-- For the sweep, page by page.
SELECT key_hash, kind
FROM ended_key
WHERE ended_at > now() - make_interval(secs => :seconds) AND expires_at > now() AND key_hash > :after
ORDER BY key_hash
LIMIT :at_most;

-- name: purge(at_most)!
DELETE FROM ended_key
WHERE key_hash IN (
    SELECT key_hash
    FROM ended_key
    WHERE expires_at < now()
    ORDER BY expires_at
    LIMIT :at_most
    FOR UPDATE SKIP LOCKED
);
