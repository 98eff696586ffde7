-- name: waiting(after, rows)
-- Apps that nobody has decided about, the longest waiting first; `after` is the last one of the page before.
SELECT client.client_id, client.name, client.description, client.home_page, client.type, client.redirect_uris,
       client.scopes, client.optional_scopes, client.skips_pkce, client.created_at, client.changed_at,
       client_logo.version AS logo_version, client.owner_id, owner.name AS owner_name, owner.email AS owner_email,
       owner.created_at AS owner_since,
       (SELECT count(*) FROM client AS other
        WHERE other.owner_id = client.owner_id AND other.deleted_at IS NULL
          AND other.client_id <> client.client_id) AS other_apps,
       (SELECT count(*) FROM client AS other
        WHERE other.owner_id = client.owner_id AND other.deleted_at IS NULL
          AND other.suspended_at IS NOT NULL) AS suspended_apps
FROM client
JOIN "user" AS owner ON owner.user_id = client.owner_id
LEFT JOIN client_logo ON client_logo.client_id = client.client_id
LEFT JOIN client AS last ON last.client_id = :after
WHERE client.approved_at IS NULL AND client.suspended_at IS NULL AND client.deleted_at IS NULL
  AND (last.client_id IS NULL OR client.created_at > last.created_at
       OR (client.created_at = last.created_at AND client.client_id < last.client_id))
ORDER BY client.created_at, client.client_id DESC
LIMIT :rows;

-- name: approve(client_id)!
UPDATE client
SET approved_at = now(), changed_at = now()
WHERE client_id = :client_id AND approved_at IS NULL;

-- name: verify(client_id)!
UPDATE client
SET verified_at = now(), changed_at = now()
WHERE client_id = :client_id AND verified_at IS NULL;

-- name: take_back_verification(client_id)!
UPDATE client
SET verified_at = NULL, changed_at = now()
WHERE client_id = :client_id AND verified_at IS NOT NULL;
