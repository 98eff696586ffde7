-- The table scope.

-- name: every()
-- The whole catalog, deprecated scopes too, in the order it is shown.
SELECT scope, description, position, is_sensitive, for_self_registered, deprecated_at,
       deprecated_at IS NOT NULL AS deprecated
FROM scope
ORDER BY position, scope
LIMIT 1000;

-- name: with_holders()
-- Every scope, with how many clients have it and how many users have allowed it to one.
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
SELECT scope.scope, scope.description, scope.position, scope.is_sensitive, scope.for_self_registered,
       scope.deprecated_at, scope.deprecated_at IS NOT NULL AS deprecated, coalesce(of_clients.clients, 0) AS clients,
       coalesce(of_users.users, 0) AS users
FROM scope
LEFT JOIN of_clients ON of_clients.scope = scope.scope
LEFT JOIN of_users ON of_users.scope = scope.scope
ORDER BY scope.position, scope.scope
LIMIT 1000;

-- name: lock(scope)^
-- For a change: until it commits, nothing else changes the scope.
SELECT scope, description, position, is_sensitive, for_self_registered, deprecated_at IS NOT NULL AS deprecated
FROM scope
WHERE scope = :scope
FOR NO KEY UPDATE;

-- name: add(scope, description, number, is_sensitive, for_self_registered)$
-- The new scope, or nothing if the name is taken.
INSERT INTO scope (scope, description, position, is_sensitive, for_self_registered)
VALUES (:scope, :description, :number, :is_sensitive, :for_self_registered)
ON CONFLICT (scope) DO NOTHING
RETURNING scope;

-- name: change(scope, description, number, is_sensitive, for_self_registered)!
UPDATE scope
SET description = :description, position = :number, is_sensitive = :is_sensitive,
    for_self_registered = :for_self_registered
WHERE scope = :scope;

-- name: deprecate(scope)!
UPDATE scope
SET deprecated_at = now()
WHERE scope = :scope AND deprecated_at IS NULL;

-- name: restore(scope)!
UPDATE scope
SET deprecated_at = NULL
WHERE scope = :scope AND deprecated_at IS NOT NULL;
