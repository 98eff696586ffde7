-- The table client_proposal: it changes only while its client is locked (clients.lock).

-- name: find(client_id)^
SELECT client_id, fields, logo, proposed_by, proposed_at, rejected_at, reject_reason, rejected_at IS NOT NULL AS rejected
FROM client_proposal
WHERE client_id = :client_id;

-- name: add(client_id, fields, logo, proposed_by)!
-- An earlier proposal is deleted first, so the waiting time begins again.
INSERT INTO client_proposal (client_id, fields, logo, proposed_by)
VALUES (:client_id, :fields::jsonb, :logo, :proposed_by);

-- name: reject(client_id, reason)!
UPDATE client_proposal
SET rejected_at = now(), reject_reason = :reason
WHERE client_id = :client_id AND rejected_at IS NULL;

-- name: delete(client_id)!
DELETE FROM client_proposal
WHERE client_id = :client_id;
