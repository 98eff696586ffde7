-- The table client_report.

-- name: add(client_id, user_id, reason, comment, at_most)!
-- A person's later report replaces their earlier one; an app that has `at_most` gets no others.
INSERT INTO client_report (client_id, user_id, reason, comment)
SELECT :client_id, :user_id, :reason, :comment
WHERE (
    SELECT count(*)
    FROM (SELECT 1 FROM client_report WHERE client_id = :client_id LIMIT :at_most) AS counted
) < :at_most
ON CONFLICT (client_id, coalesce(user_id, '')) DO UPDATE
SET reason = excluded.reason, comment = excluded.comment, reported_at = now();

-- name: delete_of_server(client_id)!
DELETE FROM client_report
WHERE client_id = :client_id AND user_id IS NULL;

-- name: close(client_id, last)!
-- Those that were looked at: later ones stay.
DELETE FROM client_report
WHERE client_id = :client_id AND report_id <= :last;

-- name: of_client(client_id, rows)
SELECT report.report_id, report.reason, report.comment, report.reported_at, "user".user_id, "user".email
FROM client_report AS report
LEFT JOIN "user" ON "user".user_id = report.user_id AND "user".deleted_at IS NULL
WHERE report.client_id = :client_id
ORDER BY report.report_id DESC
LIMIT :rows;

-- name: page(before, rows)
-- Newest first, of apps that are there.
SELECT report.report_id, report.client_id, report.reason, report.comment, report.reported_at, "user".user_id,
       "user".email, client.name, client.suspended_at, client.owner_id
FROM client_report AS report
JOIN client ON client.client_id = report.client_id AND client.deleted_at IS NULL
LEFT JOIN "user" ON "user".user_id = report.user_id AND "user".deleted_at IS NULL
WHERE :before::bigint IS NULL OR report.report_id < :before
ORDER BY report.report_id DESC
LIMIT :rows;
