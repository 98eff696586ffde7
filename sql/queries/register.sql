-- name: add_client(client_id, name, description, home_page, type, redirect_uris, scopes, optional_scopes, skips_pkce, owner_id, approved)$
-- The new client, or nothing if there is one of this id: the same form was sent before.
INSERT INTO client (client_id, name, description, home_page, type, redirect_uris, scopes, optional_scopes, skips_pkce,
                    owner_id, approved_at)
VALUES (:client_id, :name, :description, :home_page, :type, :redirect_uris, :scopes, :optional_scopes::text[],
        :skips_pkce, :owner_id, CASE WHEN :approved THEN now() END)
ON CONFLICT (client_id) DO NOTHING
RETURNING client_id;

-- name: count_of_owner(owner_id)$
-- How many apps somebody has; one that was deleted counts for a day, as its row stays.
SELECT count(*)
FROM client
WHERE owner_id = :owner_id AND (deleted_at IS NULL OR deleted_at > now() - interval '1 day');

-- name: lock_client(client_id)^
-- A change rests on what it reads here: nobody else changes the client meanwhile, and no grant is inserted.
-- Not FOR UPDATE, which the foreign key of a family being inserted would wait for, while an ending waits for its grant.
SELECT client.client_id, client.name, client.description, client.home_page, client.type, client.redirect_uris,
       client.scopes, client.optional_scopes, client.skips_pkce, client.rate_limit_per_hour,
       client.grant_share_percent, client.token_limit_per_minute, client.owner_id, client.changed_at,
       client.verified_at IS NOT NULL AS verified, client.approved_at IS NOT NULL AS approved,
       (SELECT client_logo.version FROM client_logo WHERE client_logo.client_id = client.client_id) AS logo_version
FROM client
WHERE client.client_id = :client_id AND client.deleted_at IS NULL
FOR NO KEY UPDATE;

-- name: change_client(client_id, name, description, home_page, redirect_uris, scopes, optional_scopes, skips_pkce, stays_verified)!
UPDATE client
SET name = :name, description = :description, home_page = :home_page, redirect_uris = :redirect_uris,
    scopes = :scopes, optional_scopes = :optional_scopes::text[], skips_pkce = :skips_pkce,
    verified_at = CASE WHEN :stays_verified THEN verified_at END, changed_at = now()
WHERE client_id = :client_id;

-- name: set_logo(client_id, content, version)!
INSERT INTO client_logo (client_id, content, version)
VALUES (:client_id, :content, :version)
ON CONFLICT (client_id) DO UPDATE
SET content = EXCLUDED.content, version = EXCLUDED.version, changed_at = now();

-- name: drop_logo(client_id)!
DELETE FROM client_logo
WHERE client_id = :client_id;

-- name: note_change(client_id)!
-- Its secrets changed: whatever a process keeps of the client is old.
UPDATE client
SET changed_at = now()
WHERE client_id = :client_id;

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
