-- name: catalogue()
-- Every scope, in the order it is shown.
SELECT scope, description
FROM scope
ORDER BY position, scope
LIMIT 1000;

-- name: of_owner(owner_id, before, rows)
-- The apps of one user, newest first; `before` is the last one of the page before.
SELECT client.client_id, client.name, client.description, client.type, client.created_at,
       client.approved_at IS NOT NULL AS approved, client.suspended_at IS NOT NULL AS suspended,
       (SELECT count(*) FROM "grant"
        WHERE "grant".client_id = client.client_id AND "grant".ended_at IS NULL) AS users
FROM client
LEFT JOIN client AS last ON last.client_id = :before
WHERE client.owner_id = :owner_id AND client.deleted_at IS NULL
  AND (last.client_id IS NULL OR client.created_at < last.created_at
       OR (client.created_at = last.created_at AND client.client_id > last.client_id))
ORDER BY client.created_at DESC, client.client_id
LIMIT :rows;

-- name: find(client_id)^
-- All that a page shows of one app; scopes in the order of the catalogue.
SELECT client.client_id, client.name, client.description, client.home_page, client.type, client.redirect_uris,
       ARRAY(SELECT scope.scope FROM scope WHERE scope.scope = ANY (client.scopes) ORDER BY scope.position) AS scopes,
       client.skips_pkce, client.rate_limit_per_hour, client.grant_share_percent, client.token_limit_per_minute,
       client.owner_id, client.created_at, client.approved_at,
       client.suspended_at, client.approved_at IS NOT NULL AS approved, client.suspended_at IS NOT NULL AS suspended,
       owner.name AS owner_name, owner.email AS owner_email,
       (SELECT count(*) FROM "grant"
        WHERE "grant".client_id = client.client_id AND "grant".ended_at IS NULL) AS users
FROM client
JOIN "user" AS owner ON owner.user_id = client.owner_id
WHERE client.client_id = :client_id AND client.deleted_at IS NULL;

-- name: search(words, status, reviewed, before, rows)
-- Apps by name, id or owner, newest first; `status` is suspended, waiting, active or nothing.
SELECT client.client_id, client.name, client.type, client.created_at, client.owner_id,
       client.approved_at IS NOT NULL AS approved, client.suspended_at IS NOT NULL AS suspended,
       client.rate_limit_per_hour, owner.name AS owner_name, owner.email AS owner_email,
       (SELECT count(*) FROM "grant"
        WHERE "grant".client_id = client.client_id AND "grant".ended_at IS NULL) AS users
FROM client
JOIN "user" AS owner ON owner.user_id = client.owner_id
LEFT JOIN client AS last ON last.client_id = :before
WHERE client.deleted_at IS NULL
  AND (:words = '' OR client.client_id = :words OR position(lower(:words) IN lower(client.name)) > 0
       OR position(lower(:words) IN lower(owner.email)) > 0)
  AND (CAST(:status AS text) IS NULL
       OR (:status = 'suspended' AND client.suspended_at IS NOT NULL)
       OR (:status = 'waiting' AND client.approved_at IS NULL)
       OR (:status = 'active' AND client.suspended_at IS NULL AND (client.approved_at IS NOT NULL OR NOT :reviewed)))
  AND (last.client_id IS NULL OR client.created_at < last.created_at
       OR (client.created_at = last.created_at AND client.client_id > last.client_id))
ORDER BY client.created_at DESC, client.client_id
LIMIT :rows;

-- name: every(before, rows)
-- For the command line, the oldest first.
SELECT client.client_id, client.name, client.type, client.scopes, client.rate_limit_per_hour,
       client.suspended_at IS NOT NULL AS suspended, client.approved_at IS NOT NULL AS approved,
       owner.email AS owner_email
FROM client
JOIN "user" AS owner ON owner.user_id = client.owner_id
LEFT JOIN client AS last ON last.client_id = :before
WHERE client.deleted_at IS NULL
  AND (last.client_id IS NULL OR client.created_at > last.created_at
       OR (client.created_at = last.created_at AND client.client_id < last.client_id))
ORDER BY client.created_at, client.client_id DESC
LIMIT :rows;
