-- name: every(before, rows)
-- APIs by their resource URI; `before` is the last one of the page before.
SELECT client_id, name, resource, scopes, created_at
FROM api
WHERE CAST(:before AS text) IS NULL OR resource > :before
ORDER BY resource
LIMIT :rows;

-- name: find(client_id)^
SELECT client_id, name, resource, scopes, created_at
FROM api
WHERE client_id = :client_id;
