-- name: events(user_id, client_ids, action, address, since, until, before, rows)
-- What happened, newest first: all, or what a user did or met, an app met, one kind, from an address, of the days from
-- `since` to `until` in UTC, both included; older than event `before`.
SELECT event.event_id, event.at, event.action, event.address, event.details,
       event.actor_id, actor.email AS actor_email,
       event.user_id, met.email AS user_email,
       event.client_id, COALESCE(client.name, api.name) AS client_name, api.client_id IS NOT NULL AS is_api,
       COALESCE(client.deleted_at, api.deleted_at) IS NOT NULL AS is_deleted
FROM audit_event AS event
LEFT JOIN "user" AS actor ON actor.user_id = event.actor_id
LEFT JOIN "user" AS met ON met.user_id = event.user_id
LEFT JOIN client ON client.client_id = event.client_id
LEFT JOIN api ON api.client_id = event.client_id
WHERE (CAST(:user_id AS text) IS NULL OR event.user_id = :user_id OR event.actor_id = :user_id)
  AND (CAST(:client_ids AS text[]) IS NULL OR event.client_id = ANY (CAST(:client_ids AS text[])))
  AND (CAST(:action AS text) IS NULL OR event.action = :action)
  AND (CAST(:address AS text) IS NULL OR event.address = :address)
  AND (CAST(:since AS date) IS NULL OR event.at >= CAST(:since AS date)::timestamp AT TIME ZONE 'UTC')
  AND (CAST(:until AS date) IS NULL
       OR event.at < CAST(:until AS date)::timestamp AT TIME ZONE 'UTC' + interval '24 hours')
  AND (CAST(:before AS bigint) IS NULL OR event.event_id < :before)
ORDER BY event.event_id DESC
LIMIT :rows;

-- name: of_app(client_id, rows)
-- The newest events of one app, for its developer: no user but the developer is named.
SELECT event.event_id, event.at, event.action, event.details, event.actor_id, event.address
FROM audit_event AS event
WHERE event.client_id = :client_id
ORDER BY event.event_id DESC
LIMIT :rows;

-- name: clients_called(words)
-- Apps, deleted ones too, and APIs with this name or id.
SELECT client_id
FROM client
WHERE client_id = :words OR lower(name) = lower(:words)
UNION
SELECT client_id
FROM api
WHERE client_id = :words OR lower(name) = lower(:words)
ORDER BY client_id
LIMIT 1000;
