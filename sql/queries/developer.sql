-- Reads for the pages of developers.

-- name: clients(user_id, before, rows)
-- Apps that a person owns or develops as a member, newest first; `before` is the last one of the page before.
WITH developed AS (
    SELECT client_id
    FROM client
    WHERE owner_id = :user_id
    UNION
    SELECT client_id
    FROM client_member
    WHERE user_id = :user_id
)
SELECT client.client_id, client.name, client.type, client.created_at, client.verified, client.approved,
       client.suspended, client.logo_version, client.owner_id, client.owner_name, client.users,
       greatest((SELECT max(last_at) FROM refusal WHERE refusal.client_id = client.client_id AND is_authenticated),
                (SELECT max(last_at) FROM refusal WHERE refusal.client_id = client.client_id AND NOT is_authenticated)
       ) AS last_refused_at
FROM developed
JOIN client_overview AS client ON client.client_id = developed.client_id AND client.deleted_at IS NULL
LEFT JOIN client AS last ON last.client_id = :before
WHERE last.client_id IS NULL OR client.created_at < last.created_at
   OR (client.created_at = last.created_at AND client.client_id > last.client_id)
ORDER BY client.created_at DESC, client.client_id
LIMIT :rows;

-- name: deleted_client(client_id, user_id, is_admin)^
-- What is left of an app that was deleted, for its former team and for administrators.
SELECT name, deleted_at
FROM client
WHERE client_id = :client_id AND deleted_at IS NOT NULL
  AND (:is_admin OR owner_id = :user_id
       OR EXISTS (SELECT FROM client_member
                  WHERE client_member.client_id = client.client_id AND client_member.user_id = :user_id));

-- name: was_ever_allowed(client_id)$
-- Whether a user ever allowed the app, as far back as ended grants are kept.
SELECT EXISTS (SELECT FROM "grant" WHERE client_id = :client_id AND NOT self_granted);

-- name: has_had_token(client_id)$
-- Whether the app ever got a token, for a user or for itself.
SELECT EXISTS (SELECT FROM family WHERE client_id = :client_id AND ended_at IS NULL)
       OR EXISTS (SELECT FROM family WHERE client_id = :client_id AND ended_at IS NOT NULL);

-- name: users(client_id)^
-- How many people allowed the app and use it, without names. Up to 1,001 of each are counted (shown_count); how many
-- used it lately is counted among the 1,000 who came last, and `is_part` says that there are more.
WITH newest AS (
    SELECT "grant".user_id, "grant".created_at, "grant".last_used_at
    FROM "grant"
    JOIN client ON client.client_id = "grant".client_id AND client.epoch = "grant".epoch
    WHERE "grant".client_id = :client_id AND "grant".ended_at IS NULL AND NOT "grant".self_granted
    ORDER BY "grant".created_at DESC
    LIMIT 1000
)
SELECT (SELECT users FROM client_overview WHERE client_overview.client_id = :client_id) AS connected,
       count(*) FILTER (WHERE last_used_at > now() - interval '7 days') AS used_in_week,
       count(*) FILTER (WHERE last_used_at > now() - interval '30 days') AS used_in_month,
       count(*) >= 1000 AS is_part,
       shown_count(1000, (SELECT count(DISTINCT part.user_id)
                    FROM (SELECT "grant".user_id FROM "grant"
                          WHERE "grant".client_id = :client_id AND "grant".created_at > now() - interval '30 days'
                            AND NOT "grant".self_granted
                          ORDER BY "grant".created_at DESC
                          LIMIT 1001) AS part), '') AS came_in_month,
       shown_count(1000, (SELECT count(*)
                    FROM (SELECT FROM family
                          JOIN client ON client.client_id = family.client_id AND client.epoch = family.epoch
                          WHERE family.client_id = :client_id AND family.ended_at IS NULL AND NOT family.self_granted
                          LIMIT 1001) AS part), 'client_connections', :client_id) AS connections
FROM newest;

-- name: users_by_calls(client_id, at_most)
-- How many users made how many calls this month and the last one, by powers of ten, among those who allowed the app last:
-- 0 for none, 1 for 1 to 9, 2 for 10 to 99 … Nobody is named.
SELECT size, count(*) FILTER (WHERE month = 'this') AS this_month, count(*) FILTER (WHERE month = 'last') AS last_month
FROM (
    SELECT counted.month, CASE WHEN counted.calls > 0 THEN length(counted.calls::text) ELSE 0 END AS size
    FROM (
        SELECT calls, calls_before, calls_month FROM "grant"
        WHERE "grant".client_id = :client_id AND "grant".ended_at IS NULL AND NOT "grant".self_granted
        ORDER BY "grant".created_at DESC
        LIMIT :at_most
    ) AS newest
    CROSS JOIN date_trunc('month', now() AT TIME ZONE 'UTC') AS today (month)
    CROSS JOIN LATERAL (VALUES
        ('this', CASE WHEN newest.calls_month = today.month THEN newest.calls END),
        ('last', CASE WHEN newest.calls_month = today.month THEN newest.calls_before
                      WHEN newest.calls_month = today.month - interval '1 month' THEN newest.calls END)
    ) AS counted (month, calls)
) AS sized
GROUP BY size
ORDER BY size
LIMIT 20;

-- name: ended_connections(client_id)
-- Why the last 1,000 connections ended that did in the last 30 days.
SELECT end_reason, count(*) AS number
FROM (
    SELECT end_reason FROM family
    WHERE client_id = :client_id AND ended_at > now() - interval '30 days' AND NOT self_granted
    ORDER BY ended_at DESC
    LIMIT 1000
) AS ended
GROUP BY end_reason
ORDER BY count(*) DESC, end_reason
LIMIT 50;

-- name: facts(client_id)^
-- What the doctor of an app checks, besides what every page of the app reads; of connections and users the
-- 1,000 newest.
SELECT (SELECT count(*) FROM client_member
        WHERE client_member.client_id = client.client_id) AS members,
       EXISTS (SELECT FROM family
               WHERE family.client_id = client.client_id AND NOT family.self_granted AND family.ended_at IS NULL)
       OR EXISTS (SELECT FROM family
                  WHERE family.client_id = client.client_id AND NOT family.self_granted AND family.ended_at IS NOT NULL)
       AS has_exchanged,
       (SELECT count(*) FROM (SELECT end_reason FROM family
                              WHERE family.client_id = client.client_id AND family.ended_at > now() - interval '30 days'
                              ORDER BY family.ended_at DESC
                              LIMIT 1000) AS ended
        WHERE ended.end_reason = 'reused') AS reuses,
       (SELECT coalesce(sum(repeating.repeats), 0)::bigint
        FROM (SELECT family.repeats FROM family
              WHERE family.client_id = client.client_id AND family.repeats > 0 AND family.ended_at IS NULL
              LIMIT 1000) AS repeating) AS repeats,
       (SELECT coalesce(max(usage.calls + usage.refusals), 0)::bigint FROM usage
        WHERE usage.client_id = client.client_id AND usage.hour > now() - interval '7 days') AS busiest_hour,
       ARRAY(SELECT unnest(client.scopes)
             EXCEPT
             SELECT unnest(newest.scopes)
             FROM (SELECT "grant".scopes FROM "grant"
                   WHERE "grant".client_id = :client_id AND "grant".ended_at IS NULL
                     AND "grant".epoch = client.epoch AND NOT "grant".self_granted
                   ORDER BY "grant".created_at DESC
                   LIMIT 1000) AS newest
             ORDER BY 1) AS unused_scopes
FROM client
WHERE client.client_id = :client_id;
