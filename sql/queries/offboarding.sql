-- name: disable_user(user_id)$
-- The first level of a revocation: grants and families follow in transactions of their own (revocations.sql).
UPDATE "user"
SET disabled_at = now()
WHERE user_id = :user_id AND disabled_at IS NULL
RETURNING disabled_at;

-- name: enable_user(user_id)$
UPDATE "user"
SET disabled_at = NULL
WHERE user_id = :user_id AND disabled_at IS NOT NULL
RETURNING user_id;
