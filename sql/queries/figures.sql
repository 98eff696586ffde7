-- The tables figure and day_count: what pages do not count themselves, as it is too much.

-- name: age()$
-- Seconds since the last count; nothing if there was none, or nothing was above 10,000.
SELECT extract(epoch FROM now() - max(counted_at))::bigint FROM figure;

-- name: count_all()!
-- Reads all active grants: a few seconds for ten million.
INSERT INTO figure (name, subject, value)
SELECT counted.name, counted.subject, counted.value
FROM (
    SELECT 'users' AS name, '' AS subject, count(*) AS value FROM "user"
    UNION ALL
    SELECT 'clients', '', count(*) FROM client WHERE deleted_at IS NULL
    UNION ALL
    SELECT 'grants', '', count(*) FROM active_grant
    UNION ALL
    SELECT 'client_users', client_id, count(*) FROM active_grant GROUP BY client_id
    UNION ALL
    SELECT 'client_connections', client_id, count(*) FROM family WHERE ended_at IS NULL GROUP BY client_id
) AS counted
WHERE counted.value > 10000
ON CONFLICT (name, subject) DO UPDATE SET value = EXCLUDED.value, counted_at = now();

-- name: count_scopes()!
-- Of scopes that few have too, as a page cannot find those among many grants.
INSERT INTO figure (name, subject, value)
SELECT 'scope_users', allowed.scope, count(*)
FROM (
    SELECT DISTINCT held.scope, active_grant.user_id
    FROM active_grant
    CROSS JOIN unnest(active_grant.scopes) AS held (scope)
) AS allowed
GROUP BY allowed.scope
HAVING (SELECT count(*) FROM (SELECT FROM active_grant LIMIT 10001) AS part) > 10000
ON CONFLICT (name, subject) DO UPDATE SET value = EXCLUDED.value, counted_at = now();

-- name: forget_old(seconds)!
-- What was not counted again is no longer above 10,000, or is gone.
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
       coalesce(finished.users, came.users, 0) AS users, coalesce(finished.grants, came.grants, 0) AS grants
FROM (
    SELECT (now() AT TIME ZONE 'UTC')::date - back AS of
    FROM generate_series(0, :days) AS back
) AS day
LEFT JOIN day_count AS finished ON finished.day = day.of
LEFT JOIN LATERAL (
    SELECT sum(calls)::bigint AS calls, sum(refusals)::bigint AS refusals
    FROM usage
    WHERE hour >= day.of::timestamp AT TIME ZONE 'UTC' AND hour < (day.of + 1)::timestamp AT TIME ZONE 'UTC'
) AS used ON finished.day IS NULL
LEFT JOIN LATERAL (
    SELECT (SELECT count(*) FROM "user"
            WHERE created_at >= day.of::timestamp AT TIME ZONE 'UTC'
              AND created_at < (day.of + 1)::timestamp AT TIME ZONE 'UTC') AS users,
           (SELECT count(*) FROM "grant"
            WHERE created_at >= day.of::timestamp AT TIME ZONE 'UTC'
              AND created_at < (day.of + 1)::timestamp AT TIME ZONE 'UTC') AS grants
) AS came ON finished.day IS NULL
ORDER BY day.of
LIMIT 1000;
