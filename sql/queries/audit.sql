-- name: add(action, actor_id, user_id, client_id, address, details)!
INSERT INTO audit_event (action, actor_id, user_id, client_id, address, details)
VALUES (:action, :actor_id, :user_id, :client_id, :address, :details);

-- name: purge(days, at_most)!
DELETE FROM audit_event
WHERE event_id IN (
    SELECT event_id
    FROM audit_event
    WHERE at < now() - make_interval(days => :days)
    ORDER BY at
    LIMIT :at_most
    FOR UPDATE SKIP LOCKED
);
