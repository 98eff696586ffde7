-- name: lock_people(user_ids, administrators)
-- Who acts and who is acted on, and every administrator if asked for: locked in one statement and one order, so that
-- two people who act on each other cannot block each other. Users are locked before clients.
SELECT user_id, email, name, is_admin, disabled_at IS NOT NULL AS disabled
FROM "user"
WHERE user_id = ANY (:user_ids) OR (:administrators AND is_admin)
ORDER BY user_id
LIMIT 1000
FOR NO KEY UPDATE;
