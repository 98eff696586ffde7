-- The table scope.

-- name: every()
-- The whole catalogue, deprecated ones too, in the order it is shown.
SELECT scope, description, position, is_sensitive, deprecated_at, deprecated_at IS NOT NULL AS deprecated
FROM scope
ORDER BY position, scope
LIMIT 1000;

-- name: holders()
-- How many apps hold each scope, and how many users have allowed it to an app; a scope nobody holds is left out.
WITH of_clients AS (
    SELECT held.scope, count(*) AS clients
    FROM client
    CROSS JOIN unnest(client.scopes) AS held (scope)
    WHERE client.deleted_at IS NULL
    GROUP BY held.scope
), of_users AS (
    SELECT held.scope, count(DISTINCT active_grant.user_id) AS users
    FROM active_grant
    CROSS JOIN unnest(active_grant.scopes) AS held (scope)
    GROUP BY held.scope
)
SELECT scope, coalesce(of_clients.clients, 0) AS clients, coalesce(of_users.users, 0) AS users
FROM of_clients
FULL JOIN of_users USING (scope)
ORDER BY scope
LIMIT 1000;

-- name: lock(scope)^
-- A change rests on what it reads here: nothing else changes the scope meanwhile.
SELECT scope, description, position, is_sensitive, deprecated_at IS NOT NULL AS deprecated
FROM scope
WHERE scope = :scope
FOR NO KEY UPDATE;

-- name: add(scope, description, number, is_sensitive)$
-- The new scope, or nothing if there is one of this name.
INSERT INTO scope (scope, description, position, is_sensitive)
VALUES (:scope, :description, :number, :is_sensitive)
ON CONFLICT (scope) DO NOTHING
RETURNING scope;

-- name: change(scope, description, number, is_sensitive)!
UPDATE scope
SET description = :description, position = :number, is_sensitive = :is_sensitive
WHERE scope = :scope;

-- name: deprecate(scope)!
UPDATE scope
SET deprecated_at = now()
WHERE scope = :scope AND deprecated_at IS NULL;

-- name: restore(scope)!
UPDATE scope
SET deprecated_at = NULL
WHERE scope = :scope AND deprecated_at IS NOT NULL;
