-- The table server_time.

-- name: add(client_ids, hours, endpoints, counts)!
-- In one order, so that two processes cannot block each other; a client that was purged counts no more.
INSERT INTO server_time (client_id, hour, endpoint, counts)
SELECT noted.client_id, to_timestamp(noted.hour), noted.endpoint, noted.counts::bigint[]
FROM unnest(:client_ids::text[], :hours::bigint[], :endpoints::text[], :counts::text[])
     AS noted (client_id, hour, endpoint, counts)
JOIN client ON client.client_id = noted.client_id
ORDER BY noted.client_id, noted.hour, noted.endpoint
ON CONFLICT (client_id, hour, endpoint) DO UPDATE
SET counts = ARRAY(SELECT coalesce(ours, 0) + coalesce(theirs, 0)
                   FROM unnest(server_time.counts, EXCLUDED.counts) WITH ORDINALITY AS pair (ours, theirs, place)
                   ORDER BY place);

-- name: of_client(client_id, since)
-- By endpoint, the counts of all its hours added.
SELECT summed.endpoint, array_agg(summed.count ORDER BY summed.place) AS counts
FROM (
    SELECT server_time.endpoint, place, sum(count)::bigint AS count
    FROM server_time
    CROSS JOIN unnest(server_time.counts) WITH ORDINALITY AS counted (count, place)
    WHERE server_time.client_id = :client_id AND server_time.hour >= :since
    GROUP BY server_time.endpoint, place
) AS summed
GROUP BY summed.endpoint
ORDER BY summed.endpoint
LIMIT 50;

-- name: purge(days, at_most)!
DELETE FROM server_time
WHERE (client_id, hour, endpoint) IN (
    SELECT client_id, hour, endpoint
    FROM server_time
    WHERE hour < now() - make_interval(days => :days)
    ORDER BY hour
    LIMIT :at_most
    FOR UPDATE SKIP LOCKED
);
