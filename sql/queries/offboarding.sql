-- name: disable_user(user_id)$
-- The first level of an ending: grants and families follow in statements of their own.
UPDATE "user"
SET disabled_at = now()
WHERE user_id = :user_id AND disabled_at IS NULL
RETURNING disabled_at;

-- name: enable_user(user_id)$
UPDATE "user"
SET disabled_at = NULL
WHERE user_id = :user_id AND disabled_at IS NOT NULL
RETURNING user_id;

-- name: families_of_user(user_id, seconds)
-- To strike again what a repeated ending finds ended.
SELECT family.family_id
FROM family
JOIN "grant" ON "grant".grant_id = family.grant_id
WHERE "grant".user_id = :user_id AND family.ended_at > now() - make_interval(secs => :seconds)
ORDER BY family.family_id
LIMIT 100000;

-- name: families_of_client(client_id, seconds)
SELECT family_id
FROM family
WHERE client_id = :client_id AND ended_at > now() - make_interval(secs => :seconds)
ORDER BY family_id
LIMIT 100000;
