-- name: living(user_id, rows)
-- The apps that have access to a user's account, newest first; `alarmed_at` is when a token or code of
-- it last turned up twice, in the last 30 days.
SELECT "grant".grant_id, "grant".client_id, client.name AS client_name, client.home_page, owner.name AS owner_name,
       client.suspended_at IS NOT NULL AS suspended, "grant".created_at, "grant".last_used_at, "grant".scopes,
       ARRAY(SELECT scope.description FROM scope WHERE scope.scope = ANY ("grant".scopes) ORDER BY scope.position)
           AS descriptions,
       (SELECT count(*) FROM family WHERE family.grant_id = "grant".grant_id AND family.ended_at IS NULL) AS families,
       (SELECT max(event.at) FROM audit_event AS event
        WHERE event.user_id = "grant".user_id AND event.client_id = "grant".client_id
          AND event.action IN ('family.reused', 'family.code_replayed')
          AND event.at > greatest("grant".created_at, now() - interval '30 days')) AS alarmed_at
FROM "grant"
JOIN client ON client.client_id = "grant".client_id
JOIN "user" AS owner ON owner.user_id = client.owner_id
WHERE "grant".user_id = :user_id AND "grant".ended_at IS NULL
ORDER BY "grant".created_at DESC, "grant".grant_id
LIMIT :rows;

-- name: ended(user_id, rows)
-- The apps whose access ended in the last 30 days, the latest ending first.
SELECT "grant".grant_id, client.name AS client_name, owner.name AS owner_name, "grant".created_at, "grant".ended_at,
       "grant".end_reason
FROM "grant"
JOIN client ON client.client_id = "grant".client_id
JOIN "user" AS owner ON owner.user_id = client.owner_id
WHERE "grant".user_id = :user_id AND "grant".ended_at > now() - interval '30 days'
ORDER BY "grant".ended_at DESC, "grant".grant_id
LIMIT :rows;
