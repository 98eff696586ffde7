-- The table host_removal.

-- name: begin(host, asked_by)!
-- One that is under way goes on, with those that registered since.
INSERT INTO host_removal (host, asked_by)
VALUES (:host, :asked_by)
ON CONFLICT (host) DO UPDATE
SET asked_by = EXCLUDED.asked_by, began_at = now();

-- name: under_way(rows)
-- The longest under way first.
SELECT host, asked_by
FROM host_removal
ORDER BY began_at, host
LIMIT :rows;

-- name: clients(host, at_most)
-- Those that are to be deleted.
SELECT client.client_id
FROM host_removal
JOIN client_host ON client_host.host = host_removal.host
JOIN client ON client.client_id = client_host.client_id AND client.created_at <= host_removal.began_at
WHERE host_removal.host = :host
ORDER BY client.client_id
LIMIT :at_most;

-- name: finish(host)!
-- Unless it began again.
DELETE FROM host_removal
WHERE host = :host
  AND NOT EXISTS (
      SELECT FROM client_host
      JOIN client ON client.client_id = client_host.client_id AND client.created_at <= host_removal.began_at
      WHERE client_host.host = host_removal.host);
