-- The table revocation.

-- name: find(revocation_id)^
SELECT revocation.revocation_id, revocation.client_id, revocation.user_id, revocation.reason, revocation.began_at,
       revocation.connections, revocation.carried_out, client.epoch, revocation.finished_at IS NOT NULL AS is_finished
FROM revocation
LEFT JOIN client ON client.client_id = revocation.client_id
WHERE revocation.revocation_id = :revocation_id;

-- name: under_way(rows)
-- The longest under way first.
SELECT revocation_id
FROM revocation
WHERE finished_at IS NULL
ORDER BY revocation_id
LIMIT :rows;

-- name: of_client(client_id)$
-- The one of this client that is under way.
SELECT revocation_id
FROM revocation
WHERE client_id = :client_id AND finished_at IS NULL;

-- name: of_user(user_id)^
-- The one of this user that is under way.
SELECT revocation_id, connections, carried_out
FROM revocation
WHERE user_id = :user_id AND finished_at IS NULL;

-- name: begin_of_client(client_id, reason)$
-- In the transaction that raises the epoch. A revocation that is still under way continues as this one.
INSERT INTO revocation (client_id, reason, began_at)
VALUES (:client_id, :reason, now())
ON CONFLICT (client_id) WHERE finished_at IS NULL DO UPDATE
SET reason = EXCLUDED.reason, began_at = EXCLUDED.began_at, connections = NULL, carried_out = 0
RETURNING revocation_id;

-- name: begin_of_user(user_id, reason)$
-- In the transaction that ends the user's sessions: a grant given after that comes from a sign-in after it.
INSERT INTO revocation (user_id, reason, began_at)
SELECT user_id, :reason, sessions_ended_at
FROM "user"
WHERE user_id = :user_id
ON CONFLICT (user_id) WHERE finished_at IS NULL DO UPDATE
SET reason = EXCLUDED.reason, began_at = EXCLUDED.began_at, connections = NULL, carried_out = 0
RETURNING revocation_id;

-- name: note_count(revocation_id, connections)!
UPDATE revocation
SET connections = :connections
WHERE revocation_id = :revocation_id AND connections IS NULL;

-- name: note_carried_out(revocation_id, families)!
UPDATE revocation
SET carried_out = carried_out + :families
WHERE revocation_id = :revocation_id;

-- name: finish(revocation_id, began_at, stragglers)$
-- Nothing if it began once more, if something is left, or if something may still be inserted. For a user nothing may,
-- as the user was locked; but a transaction that adds a family does not lock the client.
UPDATE revocation
SET finished_at = now()
WHERE revocation_id = :revocation_id AND began_at = :began_at AND finished_at IS NULL
  AND (user_id IS NOT NULL OR began_at < now() - make_interval(secs => :stragglers))
  AND NOT EXISTS (
      SELECT FROM client
      JOIN "grant" ON "grant".client_id = client.client_id AND "grant".ended_at IS NULL AND "grant".epoch < client.epoch
      WHERE client.client_id = revocation.client_id)
  AND NOT EXISTS (
      SELECT FROM client
      JOIN family ON family.client_id = client.client_id AND family.ended_at IS NULL AND family.epoch < client.epoch
      WHERE client.client_id = revocation.client_id)
  AND NOT EXISTS (
      SELECT FROM "grant"
      WHERE "grant".user_id = revocation.user_id AND "grant".ended_at IS NULL
        AND "grant".created_at <= revocation.began_at)
RETURNING revocation_id;

-- name: purge(days, at_most)!
DELETE FROM revocation
WHERE revocation_id = ANY (ARRAY(
    SELECT revocation_id
    FROM revocation
    WHERE finished_at < now() - make_interval(days => :days)
    ORDER BY finished_at
    LIMIT :at_most
    FOR UPDATE SKIP LOCKED
));
