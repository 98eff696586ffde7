-- name: of_user(user_id, before, rows)
-- What happened to one account, newest first; older than event `before`.
SELECT event.event_id, event.at, event.action, event.actor_id, event.address, event.details,
       client.name AS client_name,
       ARRAY(SELECT scope.description FROM scope WHERE event.details -> 'scopes' ? scope.scope ORDER BY scope.position)
           AS descriptions
FROM audit_event AS event
LEFT JOIN client ON client.client_id = event.client_id
WHERE event.user_id = :user_id AND (CAST(:before AS bigint) IS NULL OR event.event_id < :before)
ORDER BY event.event_id DESC
LIMIT :rows;
