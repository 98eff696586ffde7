-- The tables figure and day_count: what pages do not count themselves, as it is too much.

-- name: age()$
-- Seconds since the last count; nothing if there was none, or nothing was large enough.
SELECT extract(epoch FROM now() - max(counted_at))::bigint FROM figure;

-- name: count_all()!
-- Reads all active grants: a few seconds for ten million.
INSERT INTO figure (name, subject, value)
SELECT counted.name, counted.subject, counted.value
FROM (
    SELECT 'users' AS name, '' AS subject, count(*) AS value, 10000 AS least FROM "user"
    UNION ALL
    SELECT 'clients', '', count(*), 10000 FROM client WHERE deleted_at IS NULL
    UNION ALL
    SELECT 'grants', '', count(*), 10000 FROM active_grant
    UNION ALL
    SELECT 'client_users', client_id, count(*), CASE WHEN row_number() OVER (ORDER BY count(*) DESC) > 200 THEN 1000 ELSE 0 END
    FROM active_grant WHERE user_id IS NOT NULL GROUP BY client_id
    UNION ALL
    SELECT 'client_connections', client_id, count(*), 1000 FROM family WHERE ended_at IS NULL AND NOT self_granted GROUP BY client_id
) AS counted
WHERE counted.value > counted.least
ON CONFLICT (name, subject) DO UPDATE SET value = EXCLUDED.value, counted_at = now();

-- name: count_scopes()!
-- Of every scope, also of those that nobody has. Of more than a million grants one user in sixteen is looked at: to know
-- each user once for each scope would take half a minute.
WITH total AS (
    SELECT count(*) > 1000 AS is_counted, CASE WHEN count(*) > 1000000 THEN 16 ELSE 1 END AS part FROM active_grant
), allowed AS (
    SELECT DISTINCT held.scope, active_grant.user_id
    FROM total
    JOIN active_grant ON hashtext(active_grant.user_id) %% total.part = 0
    CROSS JOIN unnest(active_grant.scopes) AS held (scope)
    WHERE total.is_counted
)
INSERT INTO figure (name, subject, value)
SELECT 'scope_users', scope.scope, count(allowed.user_id) * max(total.part)
FROM total
JOIN scope ON total.is_counted
LEFT JOIN allowed ON allowed.scope = scope.scope
GROUP BY scope.scope
UNION ALL
SELECT 'scope_clients', scope.scope, count(client.client_id)
FROM scope
LEFT JOIN client ON scope.scope = ANY (client.scopes) AND client.deleted_at IS NULL
GROUP BY scope.scope
HAVING (SELECT count(*) FROM (SELECT FROM client WHERE deleted_at IS NULL LIMIT 1001) AS part) > 1000
ON CONFLICT (name, subject) DO UPDATE SET value = EXCLUDED.value, counted_at = now();

-- name: forget_old(seconds)!
-- What was not counted again is no longer large, or is gone.
DELETE FROM figure
WHERE counted_at < now() - make_interval(secs => :seconds);

-- name: finish_days(days)!
-- Count the days that ended more than a day ago and were not counted yet: what was used then has arrived from Redis.
INSERT INTO day_count (day, calls, refusals, users, grants)
SELECT day.of, coalesce(used.calls, 0), coalesce(used.refusals, 0),
       (SELECT count(*) FROM "user"
        WHERE created_at >= day.of::timestamp AT TIME ZONE 'UTC'
          AND created_at < (day.of + 1)::timestamp AT TIME ZONE 'UTC'),
       (SELECT count(*) FROM "grant"
        WHERE created_at >= day.of::timestamp AT TIME ZONE 'UTC'
          AND created_at < (day.of + 1)::timestamp AT TIME ZONE 'UTC')
FROM (
    SELECT (now() AT TIME ZONE 'UTC')::date - back AS of
    FROM generate_series(2, :days) AS back
) AS day
CROSS JOIN LATERAL (
    SELECT sum(calls)::bigint AS calls, sum(refusals)::bigint AS refusals
    FROM usage
    WHERE hour >= day.of::timestamp AT TIME ZONE 'UTC' AND hour < (day.of + 1)::timestamp AT TIME ZONE 'UTC'
) AS used
WHERE NOT EXISTS (SELECT FROM day_count WHERE day_count.day = day.of)
ON CONFLICT (day) DO NOTHING;

-- name: forget_days()!
-- For a command that writes the past.
DELETE FROM day_count;

-- name: last_days(days)
-- Today and so many days before it, in UTC: calls and refusals of all apps, new users, new grants (ended ones too).
-- Those that are not finished are counted here.
SELECT day.of AS day, coalesce(finished.calls, used.calls, 0) AS calls,
       coalesce(finished.refusals, used.refusals, 0) AS refusals,
       coalesce(finished.users, (SELECT count(*) FROM "user"
                                 WHERE created_at >= day.of::timestamp AT TIME ZONE 'UTC'
                                   AND created_at < (day.of + 1)::timestamp AT TIME ZONE 'UTC')) AS users,
       coalesce(finished.grants, (SELECT count(*) FROM "grant"
                                  WHERE created_at >= day.of::timestamp AT TIME ZONE 'UTC'
                                    AND created_at < (day.of + 1)::timestamp AT TIME ZONE 'UTC')) AS grants
FROM (
    SELECT (now() AT TIME ZONE 'UTC')::date - back AS of
    FROM generate_series(0, :days) AS back
) AS day
LEFT JOIN day_count AS finished ON finished.day = day.of
CROSS JOIN LATERAL (
    SELECT sum(usage.calls)::bigint AS calls, sum(usage.refusals)::bigint AS refusals
    FROM usage
    WHERE finished.day IS NULL
      AND hour >= day.of::timestamp AT TIME ZONE 'UTC' AND hour < (day.of + 1)::timestamp AT TIME ZONE 'UTC'
) AS used
ORDER BY day.of
LIMIT 1000;
