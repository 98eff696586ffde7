-- name: overview()^
-- The figures of the first admin page.
SELECT (SELECT count(*) FROM "user") AS users,
       (SELECT count(*) FROM "user" WHERE disabled_at IS NOT NULL) AS users_disabled,
       (SELECT count(*) FROM client WHERE deleted_at IS NULL) AS apps,
       (SELECT count(*) FROM client WHERE deleted_at IS NULL AND suspended_at IS NOT NULL) AS apps_suspended,
       (SELECT count(*) FROM client WHERE deleted_at IS NULL AND approved_at IS NULL) AS apps_waiting,
       (SELECT count(*) FROM "grant" WHERE ended_at IS NULL) AS grants,
       (SELECT count(*) FROM api) AS apis;

-- name: search_users(words, before, rows)
-- Users by mail or name, newest first; `before` is the last one of the page before.
SELECT person.user_id, person.email, person.name, person.is_admin, person.created_at,
       person.disabled_at IS NOT NULL AS disabled
FROM "user" AS person
LEFT JOIN "user" AS last ON last.user_id = :before
WHERE (:words = '' OR person.user_id = :words OR position(lower(:words) IN lower(person.email)) > 0
       OR position(lower(:words) IN lower(person.name)) > 0)
  AND (last.user_id IS NULL OR person.created_at < last.created_at
       OR (person.created_at = last.created_at AND person.user_id > last.user_id))
ORDER BY person.created_at DESC, person.user_id
LIMIT :rows;

-- name: user_id_of(words)$
-- The user with this mail address or id.
SELECT user_id
FROM "user"
WHERE user_id = :words OR lower(email) = lower(:words);

-- name: grants_of_user(user_id, rows)
-- The living grants of a user, newest first.
SELECT "grant".grant_id, "grant".client_id, client.name AS client_name, client.suspended_at IS NOT NULL AS suspended,
       ARRAY(SELECT scope.scope FROM scope WHERE scope.scope = ANY ("grant".scopes) ORDER BY scope.position) AS scopes,
       "grant".created_at, "grant".last_used_at
FROM "grant"
JOIN client ON client.client_id = "grant".client_id
WHERE "grant".user_id = :user_id AND "grant".ended_at IS NULL
ORDER BY "grant".created_at DESC, "grant".grant_id
LIMIT :rows;

-- name: administrators()
-- Who can administer this server.
SELECT user_id
FROM "user"
WHERE is_admin AND disabled_at IS NULL
ORDER BY user_id
LIMIT 1000;

-- name: lock_administrators()
-- Who may take the right from another: locked in one order, so that two cannot take it from each other.
SELECT user_id
FROM "user"
WHERE is_admin AND disabled_at IS NULL
ORDER BY user_id
LIMIT 1000
FOR NO KEY UPDATE;

-- name: set_admin(user_id, is_admin)!
UPDATE "user"
SET is_admin = :is_admin
WHERE user_id = :user_id AND is_admin <> :is_admin;
