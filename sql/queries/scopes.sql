-- The table scope.

-- name: every()
-- The whole catalog, deprecated scopes too, in the order it is shown.
SELECT scope, description, consent_text, detail, icon, user_text, position, is_sensitive, for_self_registered,
       deprecated_at, deprecated_at IS NOT NULL AS deprecated
FROM scope
ORDER BY position, scope
LIMIT 1000;

-- name: with_holders()
-- Every scope, with how many clients have it and how many users have allowed it to one: counted here among at most 1,000
-- clients and grants; where there are more, the figures of the day, or nothing while there are none.
WITH some_clients AS (
    SELECT scopes FROM client WHERE deleted_at IS NULL LIMIT 1001
), of_clients AS (
    SELECT held.scope, count(*) AS clients
    FROM some_clients
    CROSS JOIN unnest(some_clients.scopes) AS held (scope)
    GROUP BY held.scope
), some_grants AS (
    SELECT user_id, scopes FROM active_grant LIMIT 1001
), of_users AS (
    SELECT held.scope, count(DISTINCT some_grants.user_id) AS users
    FROM some_grants
    CROSS JOIN unnest(some_grants.scopes) AS held (scope)
    GROUP BY held.scope
)
SELECT scope.scope, scope.description, scope.consent_text, scope.detail, scope.icon, scope.user_text, scope.position,
       scope.is_sensitive, scope.deprecated_at, scope.deprecated_at IS NOT NULL AS deprecated, scope.for_self_registered,
       CASE WHEN (SELECT count(*) FROM some_clients) <= 1000 THEN coalesce(of_clients.clients, 0)
            ELSE (SELECT value FROM figure WHERE name = 'scope_clients' AND subject = scope.scope) END AS clients,
       CASE WHEN (SELECT count(*) FROM some_grants) <= 1000 THEN coalesce(of_users.users, 0)
            ELSE (SELECT value FROM figure WHERE name = 'scope_users' AND subject = scope.scope) END AS users
FROM scope
LEFT JOIN of_clients ON of_clients.scope = scope.scope
LEFT JOIN of_users ON of_users.scope = scope.scope
ORDER BY scope.position, scope.scope
LIMIT 1000;

-- name: lock(scope)^
-- For a change: until it commits, nothing else changes the scope.
SELECT scope, description, consent_text, detail, icon, position, is_sensitive, for_self_registered,
       deprecated_at IS NOT NULL AS deprecated
FROM scope
WHERE scope = :scope
FOR NO KEY UPDATE;

-- name: add(scope, description, consent_text, detail, icon, position, is_sensitive, for_self_registered)$
-- The new scope, or nothing if the name is taken.
INSERT INTO scope (scope, description, consent_text, detail, icon, position, is_sensitive, for_self_registered)
VALUES (:scope, :description, :consent_text, :detail, :icon, :position, :is_sensitive, :for_self_registered)
ON CONFLICT (scope) DO NOTHING
RETURNING scope;

-- name: change(scope, description, consent_text, detail, icon, position, is_sensitive, for_self_registered)!
UPDATE scope
SET description = :description, consent_text = :consent_text, detail = :detail, icon = :icon, position = :position, is_sensitive = :is_sensitive,
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
