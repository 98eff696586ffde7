-- name: add_client(client_id, name, description, home_page, type, redirect_uris, scopes, skips_pkce, owner_id, approved)$
-- The new client, or nothing if there is one of this id: the same form was sent before.
INSERT INTO client (client_id, name, description, home_page, type, redirect_uris, scopes, skips_pkce, owner_id, approved_at)
VALUES (:client_id, :name, :description, :home_page, :type, :redirect_uris, :scopes, :skips_pkce, :owner_id,
        CASE WHEN :approved THEN now() END)
ON CONFLICT (client_id) DO NOTHING
RETURNING client_id;

-- name: lock_owner(owner_id)^
SELECT user_id
FROM "user"
WHERE user_id = :owner_id
FOR NO KEY UPDATE;

-- name: count_of_owner(owner_id)$
-- How many apps somebody has; one that was deleted counts for a day, as its row stays.
SELECT count(*)
FROM client
WHERE owner_id = :owner_id AND (deleted_at IS NULL OR deleted_at > now() - interval '1 day');

-- name: lock_client(client_id)^
-- A change rests on what it reads here: nobody else changes the client meanwhile.
SELECT client_id, name, description, home_page, type, redirect_uris, scopes, skips_pkce, rate_limit_per_hour,
       grant_share_percent, token_limit_per_minute, owner_id
FROM client
WHERE client_id = :client_id AND deleted_at IS NULL
FOR NO KEY UPDATE;

-- name: change_client(client_id, name, description, home_page, redirect_uris, scopes, skips_pkce)!
UPDATE client
SET name = :name, description = :description, home_page = :home_page, redirect_uris = :redirect_uris,
    scopes = :scopes, skips_pkce = :skips_pkce, changed_at = now()
WHERE client_id = :client_id;

-- name: note_change(client_id)!
-- Its secrets changed: whatever a process keeps of the client is old.
UPDATE client
SET changed_at = now()
WHERE client_id = :client_id;

-- name: approve(client_id)!
UPDATE client
SET approved_at = now(), changed_at = now()
WHERE client_id = :client_id AND approved_at IS NULL;

-- name: set_limits(client_id, limit, share, token_limit)!
UPDATE client
SET rate_limit_per_hour = :limit, grant_share_percent = :share, token_limit_per_minute = :token_limit,
    changed_at = now()
WHERE client_id = :client_id;

-- name: secrets(client_id)
-- The living secrets of a client, the oldest first.
SELECT hint, created_at, last_used_at, last_used_from
FROM client_secret
WHERE client_id = :client_id
ORDER BY created_at, secret_hash
LIMIT 2;

-- name: add_secret(client_id, secret_hash, hint)!
INSERT INTO client_secret (secret_hash, client_id, hint)
VALUES (:secret_hash, :client_id, :hint);

-- name: retire_secret(client_id, hint)!
DELETE FROM client_secret
WHERE client_id = :client_id AND hint = :hint;

-- name: add_api(client_id, name, resource, scopes, secret_hash)$
-- The new API, or nothing if its id or its resource URI is taken.
INSERT INTO api (client_id, name, resource, scopes, secret_hash)
VALUES (:client_id, :name, :resource, :scopes::text[], :secret_hash)
ON CONFLICT DO NOTHING
RETURNING client_id;

-- name: api_of_resource(resource)^
SELECT client_id, name
FROM api
WHERE resource = :resource;
