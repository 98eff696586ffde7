-- The table registration_token: initial access tokens, with which clients register.

-- name: every(before, rows)
-- Newest first; `before` is the last one of the page before.
SELECT token.token_id, token.name, token.hint, token.approves, token.made_at, token.expires_at,
       token.expires_at <= now() AS expired, token.clients, token.last_used_at,
       token.made_by, maker.name AS maker_name
FROM registration_token AS token
LEFT JOIN "user" AS maker ON maker.user_id = token.made_by
WHERE CAST(:before AS bigint) IS NULL OR token.token_id < :before
ORDER BY token.token_id DESC
LIMIT :rows;

-- name: find(token_hash)$
-- One that still works.
SELECT token_id
FROM registration_token
WHERE token_hash = :token_hash AND expires_at > now();

-- name: count()$
SELECT count(*)
FROM registration_token;

-- name: add(name, token_hash, hint, approves, made_by, days)$
INSERT INTO registration_token (name, token_hash, hint, approves, made_by, expires_at)
VALUES (:name, :token_hash, :hint, :approves, :made_by, now() + make_interval(days => :days))
ON CONFLICT (token_hash) DO NOTHING
RETURNING token_id;

-- name: use(token_hash)^
-- In the transaction that registers a client: nothing if the token was revoked, or has expired.
UPDATE registration_token
SET clients = clients + 1, last_used_at = now()
WHERE token_hash = :token_hash AND expires_at > now()
RETURNING token_id, name, approves;

-- name: delete(token_id)$
-- Its name; nothing if it is gone.
DELETE FROM registration_token
WHERE token_id = :token_id
RETURNING name;
