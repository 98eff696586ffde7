-- The table audit_event, and the pages that show it.

-- name: events(user_id, client_ids, action, address, before, rows)
-- Newest first: all events, or those by or about a user, about these clients and APIs, of one action, from an address; older
-- than event `before`.
SELECT event_id, at, action, address, details, actor_id, actor_email, user_id, user_email, client_id, client_name, is_api,
       is_deleted
FROM audit_line
WHERE (CAST(:user_id AS text) IS NULL OR user_id = :user_id OR actor_id = :user_id)
  AND (CAST(:client_ids AS text[]) IS NULL OR client_id = ANY (CAST(:client_ids AS text[])))
  AND (CAST(:action AS text) IS NULL OR action = :action)
  AND (CAST(:address AS text) IS NULL OR address = :address)
  AND (CAST(:before AS bigint) IS NULL OR event_id < :before)
ORDER BY event_id DESC
LIMIT :rows;

-- name: events_of_days(user_id, client_ids, action, address, since, until, before, rows)
-- The same, of the days from `since` to `until` in UTC, both included: in the order of their times, which has an index.
SELECT event_id, at, action, address, details, actor_id, actor_email, user_id, user_email, client_id, client_name, is_api,
       is_deleted
FROM audit_line
WHERE (CAST(:user_id AS text) IS NULL OR user_id = :user_id OR actor_id = :user_id)
  AND (CAST(:client_ids AS text[]) IS NULL OR client_id = ANY (CAST(:client_ids AS text[])))
  AND (CAST(:action AS text) IS NULL OR action = :action)
  AND (CAST(:address AS text) IS NULL OR address = :address)
  AND at >= coalesce(CAST(:since AS date)::timestamp AT TIME ZONE 'UTC', '-infinity')
  AND at < coalesce(CAST(:until AS date)::timestamp AT TIME ZONE 'UTC' + interval '24 hours', 'infinity')
  AND (CAST(:before AS bigint) IS NULL
       OR (at <= (SELECT last.at FROM audit_event AS last WHERE last.event_id = :before)
           AND (at < (SELECT last.at FROM audit_event AS last WHERE last.event_id = :before) OR event_id < :before)))
ORDER BY at DESC, event_id DESC
LIMIT :rows;

-- name: of_client(client_id, before, rows)
-- The newest events of one app, for its developer: no user but the developer is named; older than event `before`.
SELECT event.event_id, event.at, event.action, event.details, event.actor_id, event.address
FROM audit_event AS event
WHERE event.client_id = :client_id AND (CAST(:before AS bigint) IS NULL OR event.event_id < :before)
ORDER BY event.event_id DESC
LIMIT :rows;

-- name: of_user(user_id, before, rows)
-- What happened to one account, newest first; older than event `before`.
SELECT event.event_id, event.at, event.action, event.actor_id, event.address, event.details,
       client.name AS client_name,
       ARRAY(SELECT scope.user_text FROM scope WHERE event.details -> 'scopes' ? scope.scope ORDER BY scope.position)
           AS descriptions
FROM audit_event AS event
LEFT JOIN client ON client.client_id = event.client_id
WHERE event.user_id = :user_id AND (CAST(:before AS bigint) IS NULL OR event.event_id < :before)
ORDER BY event.event_id DESC
LIMIT :rows;

-- name: sign_ins(user_id, rows)
-- The newest sign-ins of a user, those that failed too, and sign-outs.
SELECT event.event_id, event.at, event.action, event.address, event.details
FROM audit_event AS event
WHERE event.user_id = :user_id
  AND event.action IN ('user.signed_in', 'user.sign_in_failed', 'user.signed_out', 'user.session_ended')
ORDER BY event.event_id DESC
LIMIT :rows;

-- name: clients_called(text)
-- Apps, deleted ones too, and APIs with this name or id.
SELECT client_id
FROM client
WHERE client_id = :text OR lower(name) = lower(:text)
UNION
SELECT client_id
FROM api
WHERE client_id = :text OR lower(name) = lower(:text)
ORDER BY client_id
LIMIT 1000;

-- name: add(action, actor_id, user_id, client_id, address, details)!
INSERT INTO audit_event (action, actor_id, user_id, client_id, address, details)
VALUES (:action, :actor_id, :user_id, :client_id, :address, :details);

-- name: purge(days, at_most)!
DELETE FROM audit_event
WHERE event_id = ANY (ARRAY(
    SELECT event_id
    FROM audit_event
    WHERE at < now() - make_interval(days => :days)
    ORDER BY at
    LIMIT :at_most
    FOR UPDATE SKIP LOCKED
));
