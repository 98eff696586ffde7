-- The table refusal.

-- name: of_client(client_id, is_authenticated, of_calls, is_call, problem, endpoint, error, request_id, since, until, before, rows)
-- Newest first; `before` is the last one of the page before. `of_calls` are the problems of calls at APIs.
SELECT refusal.refusal_id, refusal.endpoint, refusal.problem, refusal.sent, refusal.user_id, refusal.address,
       refusal.count, refusal.first_at, refusal.last_at, refusal.status, refusal.error, refusal.request_ids,
       refusal.is_authenticated, "user".name AS developer
FROM refusal
LEFT JOIN "user" ON "user".user_id = refusal.user_id
LEFT JOIN refusal AS last ON last.refusal_id = :before AND last.client_id = refusal.client_id
WHERE refusal.client_id = :client_id AND refusal.is_authenticated = :is_authenticated
  AND (refusal.problem = ANY (:of_calls)) = :is_call
  AND (CAST(:problem AS text) IS NULL OR refusal.problem = :problem)
  AND (CAST(:endpoint AS text) IS NULL OR refusal.endpoint = :endpoint)
  AND (CAST(:error AS text) IS NULL OR refusal.error = :error)
  AND (CAST(:request_id AS text) IS NULL OR refusal.request_ids @> ARRAY[:request_id])
  AND (CAST(:since AS timestamptz) IS NULL OR refusal.last_at >= :since)
  AND (CAST(:until AS timestamptz) IS NULL OR refusal.first_at <= :until)
  AND (last.refusal_id IS NULL OR (refusal.last_at, refusal.refusal_id) < (last.last_at, last.refusal_id))
ORDER BY refusal.last_at DESC, refusal.refusal_id DESC
LIMIT :rows;

-- name: latest(client_id)^
-- From any sender, and of any kind.
SELECT refusal.refusal_id, refusal.endpoint, refusal.problem, refusal.sent, refusal.user_id, refusal.address,
       refusal.count, refusal.first_at, refusal.last_at, refusal.status, refusal.error, refusal.request_ids,
       "user".name AS developer
FROM refusal
LEFT JOIN "user" ON "user".user_id = refusal.user_id
WHERE refusal.client_id = :client_id
ORDER BY refusal.last_at DESC, refusal.refusal_id DESC
LIMIT 1;

-- name: find(client_id, refusal_id)^
SELECT refusal_id, is_authenticated, problem, sent, user_id
FROM refusal
WHERE refusal_id = :refusal_id AND client_id = :client_id;

-- name: of_request(request_id, user_id, is_admin)^
-- The latest refusal that includes this request, of an app that the user develops.
SELECT refusal.refusal_id, refusal.endpoint, refusal.problem, refusal.sent, refusal.user_id, refusal.address,
       refusal.count, refusal.first_at, refusal.last_at, refusal.status, refusal.error, refusal.request_ids,
       "user".name AS developer, refusal.client_id, refusal.is_authenticated
FROM refusal
JOIN client ON client.client_id = refusal.client_id AND client.deleted_at IS NULL
LEFT JOIN client_member AS member ON member.client_id = refusal.client_id AND member.user_id = :user_id
LEFT JOIN "user" ON "user".user_id = refusal.user_id
WHERE refusal.request_ids @> ARRAY[:request_id]
  AND (:is_admin OR client.owner_id = :user_id OR member.user_id IS NOT NULL)
ORDER BY refusal.last_at DESC, refusal.refusal_id DESC
LIMIT 1;

-- name: problems(client_id, days)
-- How often each problem occurred, most frequent first; `is_known`: from the app itself or one of its developers.
SELECT problem, is_authenticated OR user_id IS NOT NULL AS is_known, sum(count)::bigint AS count
FROM refusal
WHERE client_id = :client_id AND last_at > now() - make_interval(days => :days)
GROUP BY problem, is_authenticated OR user_id IS NOT NULL
ORDER BY sum(count) DESC, problem, is_known
LIMIT 100;

-- name: developers(client_ids, user_ids, at_most)
-- Those pairs in which the user develops the app.
SELECT pair.client_id, pair.user_id
FROM unnest(:client_ids::text[], :user_ids::text[]) AS pair (client_id, user_id)
JOIN client ON client.client_id = pair.client_id
LEFT JOIN client_member AS member ON member.client_id = pair.client_id AND member.user_id = pair.user_id
WHERE client.owner_id = pair.user_id OR member.user_id IS NOT NULL
ORDER BY pair.client_id, pair.user_id
LIMIT :at_most;

-- name: add(client_ids, records, most_requests)!
-- Requests that the app authenticated get a row each; of those that anybody can send, similar ones share a row.
-- In one order, so that two processes cannot deadlock. An app that was deleted gets none.
WITH existing AS (
    SELECT client_id
    FROM client
    WHERE client_id = ANY (:client_ids) AND deleted_at IS NULL
    ORDER BY client_id
    FOR KEY SHARE
)
INSERT INTO refusal (client_id, is_authenticated, endpoint, problem, sent, user_id, address, count, first_at, last_at,
                     status, error, request_ids)
SELECT noted.client_id, noted.is_authenticated, noted.endpoint, noted.problem, noted.sent, noted.user_id, noted.address,
       noted.count, to_timestamp(noted.first_at), to_timestamp(noted.last_at), noted.status, noted.error, noted.request_ids
FROM jsonb_to_recordset(:records)
     AS noted (client_id text, is_authenticated boolean, endpoint text, problem text, sent text, user_id text, address text,
               count bigint, first_at double precision, last_at double precision, status smallint, error text,
               request_ids text[])
JOIN existing ON existing.client_id = noted.client_id
ORDER BY noted.client_id, noted.endpoint, noted.problem, noted.sent, coalesce(noted.user_id, '')
ON CONFLICT (client_id, endpoint, problem, sent, (coalesce(user_id, ''))) WHERE NOT is_authenticated
DO UPDATE SET count = refusal.count + EXCLUDED.count, address = EXCLUDED.address,
              status = EXCLUDED.status, error = EXCLUDED.error,
              request_ids = trim_array(EXCLUDED.request_ids || refusal.request_ids,
                  GREATEST(cardinality(EXCLUDED.request_ids) + cardinality(refusal.request_ids) - :most_requests, 0)),
              first_at = LEAST(refusal.first_at, EXCLUDED.first_at),
              last_at = GREATEST(refusal.last_at, EXCLUDED.last_at);

-- name: trim(client_ids, own, own_alike, others, others_alike)!
-- What is beyond the space of each kind. The newest of what is alike goes before the second of anything else, so that
-- no flood of one problem evicts another. What another process is about to change is left to it: nothing waits.
DELETE FROM refusal
WHERE refusal_id = ANY (ARRAY(
    SELECT refusal.refusal_id
    FROM refusal
    WHERE refusal.refusal_id = ANY (ARRAY(
        SELECT ranked.refusal_id
        FROM (
            SELECT one.refusal_id, one.is_authenticated, one.among_alike,
                   row_number() OVER (PARTITION BY one.client_id, one.is_authenticated, one.is_known
                                      ORDER BY one.among_alike, one.last_at DESC, one.refusal_id DESC) AS place
            FROM (
                SELECT refusal_id, client_id, is_authenticated, last_at, is_authenticated OR user_id IS NOT NULL AS is_known,
                       row_number() OVER (PARTITION BY client_id, is_authenticated, CASE WHEN NOT is_authenticated THEN user_id END,
                                                       endpoint, problem
                                          ORDER BY last_at DESC, refusal_id DESC) AS among_alike
                FROM refusal
                WHERE client_id = ANY (:client_ids)
            ) AS one
        ) AS ranked
        WHERE ranked.place > CASE WHEN ranked.is_authenticated THEN :own::bigint ELSE :others::bigint END
           OR ranked.among_alike > CASE WHEN ranked.is_authenticated THEN :own_alike::bigint ELSE :others_alike::bigint END
    ))
    FOR UPDATE SKIP LOCKED
));

-- name: purge(days, at_most)!
DELETE FROM refusal
WHERE refusal_id = ANY (ARRAY(
    SELECT refusal_id
    FROM refusal
    WHERE last_at < now() - make_interval(days => :days)
    ORDER BY last_at
    LIMIT :at_most
    FOR UPDATE SKIP LOCKED
));
