-- The table client_document.

-- name: note_fetched(client_id, fresh_seconds)!
INSERT INTO client_document (client_id, fresh_until)
VALUES (:client_id, now() + make_interval(secs => :fresh_seconds))
ON CONFLICT (client_id) DO UPDATE
SET fetched_at = now(), fresh_until = EXCLUDED.fresh_until, failed_at = NULL, failure = NULL;

-- name: note_failed(client_id, failure, seconds)!
-- What it said before stays valid; it is tried again after so many seconds.
UPDATE client_document
SET failed_at = coalesce(failed_at, now()), failure = :failure, fresh_until = now() + make_interval(secs => :seconds)
WHERE client_id = :client_id;

-- name: due(rows)
-- Of clients with connections, the longest due first.
SELECT document.client_id, client.document_url
FROM client_document AS document
JOIN client ON client.client_id = document.client_id AND client.deleted_at IS NULL
WHERE document.fresh_until < now()
  AND EXISTS (SELECT FROM family
              WHERE family.client_id = client.client_id AND family.ended_at IS NULL AND family.epoch = client.epoch)
ORDER BY document.fresh_until
LIMIT :rows;
