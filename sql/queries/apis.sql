-- The table api.

-- name: find(client_id)^
SELECT client_id, name, resource, scopes, demands_audience, created_at, changed_at,
       ARRAY(SELECT client_secret.secret_hash FROM client_secret
             WHERE client_secret.api_id = api.client_id ORDER BY client_secret.created_at) AS secret_hashes
FROM api
WHERE client_id = :client_id AND deleted_at IS NULL;

-- name: find_by_resource(resource)^
SELECT client_id, name
FROM api
WHERE resource = :resource AND deleted_at IS NULL;

-- name: records()
SELECT client_id, name, resource, scopes, demands_audience,
       ARRAY(SELECT client_secret.secret_hash FROM client_secret
             WHERE client_secret.api_id = api.client_id ORDER BY client_secret.created_at) AS secret_hashes
FROM api
WHERE deleted_at IS NULL
ORDER BY resource
LIMIT 1000;

-- name: every(before, rows)
-- APIs by their resource URI; `before` is the last one of the page before.
SELECT client_id, name, resource, scopes, created_at
FROM api
WHERE deleted_at IS NULL AND (CAST(:before AS text) IS NULL OR resource > :before)
ORDER BY resource
LIMIT :rows;

-- name: changed_between(at, before, seen)
-- For the incremental sweep: of the transactions from `at` to `before` those the snapshot `seen` lacks.
SELECT client_id
FROM api
WHERE changed_in >= :at::xid8 AND changed_in < :before::xid8
  AND NOT pg_visible_in_snapshot(changed_in, :seen::pg_snapshot)
ORDER BY client_id
LIMIT 10000;

-- name: lock(client_id)^
-- For a change: until it commits, nothing else changes the API.
SELECT client_id, name, resource, scopes, demands_audience, changed_at
FROM api
WHERE client_id = :client_id AND deleted_at IS NULL
FOR NO KEY UPDATE;

-- name: add(client_id, name, resource, scopes, demands_audience)$
-- The new API, or nothing if its id or its resource URI is taken.
INSERT INTO api (client_id, name, resource, scopes, demands_audience)
VALUES (:client_id, :name, :resource, :scopes::text[], :demands_audience)
ON CONFLICT DO NOTHING
RETURNING client_id;

-- name: change(client_id, name, scopes, demands_audience)!
UPDATE api
SET name = :name, scopes = :scopes::text[], demands_audience = :demands_audience, changed_at = now()
WHERE client_id = :client_id;

-- name: note_change(client_id)!
-- Its secrets changed.
UPDATE api
SET changed_at = now()
WHERE client_id = :client_id;

-- name: delete(client_id)!
-- The row stays for the sweep, and for its name in the audit log.
UPDATE api
SET deleted_at = now(), changed_at = now()
WHERE client_id = :client_id AND deleted_at IS NULL;
