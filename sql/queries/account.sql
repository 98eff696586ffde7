-- Reads for the pages of a user's account.

-- name: connected_clients(user_id, grant_id, rows)
-- The apps that have access to a user's account, newest first, then those whose access ended in the last 30 days;
-- or one of them. `alarmed_at` is when a token or code of it was last used twice, in the last 30 days.
SELECT "grant".grant_id, "grant".client_id, client.name AS client_name, client.type, client.home_page, client.description,
       client.logo_version, client.verified, client.suspended, client.deleted_at IS NOT NULL AS deleted,
       client.owner_name, client.registered_from, "grant".created_at, "grant".last_used_at, "grant".last_used_from, state.ended_at,
       state.end_reason, "grant".scopes,
       ARRAY(SELECT scope.user_text FROM scope WHERE scope.scope = ANY ("grant".scopes) AND scope.scope = ANY (client.scopes)
             ORDER BY scope.position)
           AS descriptions,
       ARRAY(SELECT scope.user_text FROM scope WHERE scope.scope = ANY ("grant".scopes) AND scope.scope = ANY (client.scopes)
               AND scope.is_sensitive)
           AS sensitive,
       (SELECT count(*) FROM family
        WHERE family.grant_id = "grant".grant_id AND family.ended_at IS NULL AND family.epoch = client.epoch
       ) AS connections,
       (SELECT max(event.at) FROM audit_event AS event
        WHERE event.user_id = "grant".user_id AND event.client_id = "grant".client_id
          AND event.action IN ('family.reused', 'family.code_replayed')
          AND event.at > greatest("grant".created_at, now() - interval '30 days')) AS alarmed_at
FROM "grant"
JOIN client_overview AS client ON client.client_id = "grant".client_id
CROSS JOIN LATERAL (
    SELECT coalesce("grant".ended_at, CASE WHEN "grant".epoch <> client.epoch THEN client.tokens_revoked_at END)
               AS ended_at,
           coalesce("grant".end_reason,
                    CASE WHEN "grant".epoch = client.epoch THEN NULL
                         WHEN client.deleted_at IS NULL THEN 'client_tokens_ended' ELSE 'client_deleted' END)
               AS end_reason
) AS state
WHERE "grant".user_id = :user_id
  AND (state.ended_at IS NULL OR state.ended_at > now() - interval '30 days')
  AND (CAST(:grant_id AS text) IS NULL OR "grant".grant_id = :grant_id)
ORDER BY state.ended_at DESC NULLS FIRST, "grant".created_at DESC, "grant".grant_id
LIMIT :rows;

-- name: connections(grant_id, rows)
-- The most recently renewed first, then those that ended in the last 30 days.
SELECT family.family_id, family.browser, family.address, family.created_at, family.last_used_at, family.repeats,
       state.ended_at, state.end_reason
FROM family
JOIN client ON client.client_id = family.client_id
CROSS JOIN LATERAL (
    SELECT coalesce(family.ended_at, CASE WHEN family.epoch <> client.epoch THEN client.tokens_revoked_at END)
               AS ended_at,
           coalesce(family.end_reason,
                    CASE WHEN family.epoch = client.epoch THEN NULL
                         WHEN client.deleted_at IS NULL THEN 'client_tokens_ended' ELSE 'client_deleted' END)
               AS end_reason
) AS state
WHERE family.grant_id = :grant_id AND (state.ended_at IS NULL OR state.ended_at > now() - interval '30 days')
ORDER BY state.ended_at DESC NULLS FIRST, family.last_used_at DESC, family.family_id
LIMIT :rows;

-- name: client_of_connection(user_id, grant_id, family_id)$
-- Nothing if it is another user's.
SELECT family.client_id
FROM family
JOIN "grant" ON "grant".grant_id = family.grant_id
WHERE family.family_id = :family_id AND family.grant_id = :grant_id AND "grant".user_id = :user_id;
