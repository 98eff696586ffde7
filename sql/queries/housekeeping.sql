-- The tables housekeeper and sweep, of one row each.

-- name: walked_to()$
SELECT walked_to
FROM housekeeper
WHERE only_row;

-- name: sweep()^
-- Which Redis was swept; the snapshot of that sweep, and from which transaction on others are new; the snapshot now.
-- Numbers above the current ones come from another cluster, of which this is a copy.
SELECT sweep.redis, sweep.seen::text AS seen, pg_snapshot_xmin(sweep.seen)::text AS at,
       pg_snapshot_xmin(sweep.seen) > pg_snapshot_xmax(now.snapshot) AS is_ahead,
       now.snapshot::text AS now
FROM (SELECT pg_current_snapshot() AS snapshot) AS now
LEFT JOIN sweep ON sweep.only_row;

-- name: hold(holder, seconds)$
-- Take or renew the lease; nothing while another process has it.
UPDATE housekeeper
SET holder = :holder, expires_at = clock_timestamp() + make_interval(secs => :seconds)
WHERE only_row AND (holder = :holder OR expires_at < clock_timestamp())
RETURNING holder;

-- name: give_up(holder)!
UPDATE housekeeper
SET expires_at = '-infinity'
WHERE only_row AND holder = :holder;

-- name: walk_on(walked_to)!
UPDATE housekeeper
SET walked_to = :walked_to
WHERE only_row;

-- name: swept_whole(redis, seen)!
INSERT INTO sweep (redis, seen)
VALUES (:redis, :seen::pg_snapshot)
ON CONFLICT (only_row) DO UPDATE
SET redis = EXCLUDED.redis, seen = EXCLUDED.seen;

-- name: swept_new(redis, seen)!
-- Changes nothing if another Redis was swept whole since.
UPDATE sweep
SET seen = :seen::pg_snapshot
WHERE only_row AND redis = :redis AND seen::text <> :seen::pg_snapshot::text;
