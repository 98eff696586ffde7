-- The tables usage, usage_refusal and usage_batch.

-- name: of_last_day(client_id)^
-- Good calls, refused ones and failed OAuth requests, of the hours that began in the last 24.
SELECT coalesce(sum(calls), 0)::bigint AS calls, coalesce(sum(refusals), 0)::bigint AS refusals,
       coalesce(sum(failures), 0)::bigint AS failures, coalesce(sum(claims), 0)::bigint AS claims
FROM usage
WHERE client_id = :client_id AND hour > now() - interval '24 hours';

-- name: by_hour(client_ids, since)
-- Hours without a call have no row.
SELECT client_id, hour, calls, refusals, failures, claims
FROM usage
WHERE client_id = ANY (:client_ids) AND hour >= :since
ORDER BY client_id, hour
LIMIT 5000;

-- name: of_client(client_id, before, rows)
-- Hour by hour, the newest first, with why calls were refused; `before` is the last one of the part before.
SELECT usage.hour, usage.calls, usage.refusals, usage.failures, usage.claims,
       (SELECT coalesce(jsonb_object_agg(usage_refusal.problem, usage_refusal.count), '{}')
        FROM usage_refusal
        WHERE usage_refusal.client_id = usage.client_id AND usage_refusal.hour = usage.hour) AS reasons
FROM usage
WHERE usage.client_id = :client_id AND (CAST(:before AS timestamptz) IS NULL OR usage.hour < :before)
ORDER BY usage.hour DESC
LIMIT :rows;

-- name: add_batch(batch_id)$
-- Its number, or nothing if it was written before.
INSERT INTO usage_batch (batch_id)
VALUES (:batch_id)
ON CONFLICT (batch_id) DO NOTHING
RETURNING batch_id;

-- name: add(hours, client_ids, calls, refusals)!
-- In one order, so that two processes cannot block each other; a client that was purged counts no more.
INSERT INTO usage (client_id, hour, calls, refusals)
SELECT counted.client_id, to_timestamp(counted.hour), counted.calls, counted.refusals
FROM unnest(:hours::bigint[], :client_ids::text[], :calls::bigint[], :refusals::bigint[])
     AS counted (hour, client_id, calls, refusals)
JOIN client ON client.client_id = counted.client_id
ORDER BY counted.client_id, counted.hour
ON CONFLICT (client_id, hour) DO UPDATE
SET calls = usage.calls + EXCLUDED.calls, refusals = usage.refusals + EXCLUDED.refusals;

-- name: add_reasons(hours, client_ids, problems, counts)!
INSERT INTO usage_refusal (client_id, hour, problem, count)
SELECT counted.client_id, to_timestamp(counted.hour), counted.problem, counted.count
FROM unnest(:hours::bigint[], :client_ids::text[], :problems::text[], :counts::bigint[])
     AS counted (hour, client_id, problem, count)
JOIN client ON client.client_id = counted.client_id
ORDER BY counted.client_id, counted.hour, counted.problem
ON CONFLICT (client_id, hour, problem) DO UPDATE SET count = usage_refusal.count + EXCLUDED.count;

-- name: reasons(client_id, since)
-- Why calls were refused, most often first.
SELECT problem, sum(count)::bigint AS count
FROM usage_refusal
WHERE client_id = :client_id AND hour >= :since
GROUP BY problem
ORDER BY sum(count) DESC, problem
LIMIT 50;

-- name: add_failures(records, of_calls)!
-- Of refused requests, those that are no calls at APIs: how many came from the app or its developers, and from anyone.
INSERT INTO usage (client_id, hour, failures, claims)
SELECT noted.client_id, date_trunc('hour', to_timestamp(noted.last_at), 'UTC'),
       coalesce(sum(noted.count) FILTER (WHERE noted.is_authenticated OR noted.user_id IS NOT NULL), 0),
       coalesce(sum(noted.count) FILTER (WHERE NOT noted.is_authenticated AND noted.user_id IS NULL), 0)
FROM jsonb_to_recordset(:records)
     AS noted (client_id text, is_authenticated boolean, problem text, user_id text, count bigint,
               last_at double precision)
JOIN client ON client.client_id = noted.client_id AND client.deleted_at IS NULL
WHERE noted.problem <> ALL (:of_calls)
GROUP BY 1, 2
ORDER BY 1, 2
ON CONFLICT (client_id, hour) DO UPDATE
SET failures = usage.failures + EXCLUDED.failures, claims = usage.claims + EXCLUDED.claims;

-- name: purge(days, at_most)!
DELETE FROM usage
WHERE (client_id, hour) IN (
    SELECT client_id, hour
    FROM usage
    WHERE hour < now() - make_interval(days => :days)
    ORDER BY hour
    LIMIT :at_most
    FOR UPDATE SKIP LOCKED
);

-- name: purge_reasons(days, at_most)!
DELETE FROM usage_refusal
WHERE (client_id, hour, problem) IN (
    SELECT client_id, hour, problem
    FROM usage_refusal
    WHERE hour < now() - make_interval(days => :days)
    ORDER BY hour
    LIMIT :at_most
    FOR UPDATE SKIP LOCKED
);

-- name: purge_batches(days, at_most)!
DELETE FROM usage_batch
WHERE batch_id = ANY (ARRAY(
    SELECT batch_id
    FROM usage_batch
    WHERE written_at < now() - make_interval(days => :days)
    ORDER BY written_at
    LIMIT :at_most
    FOR UPDATE SKIP LOCKED
));
