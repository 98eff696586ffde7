-- name: add(link_hash, purpose, seconds)!
INSERT INTO one_time_link (link_hash, purpose, expires_at)
VALUES (:link_hash, :purpose, now() + make_interval(secs => :seconds));

-- name: drop_all(purpose)!
DELETE FROM one_time_link
WHERE purpose = :purpose;

-- name: is_open(link_hash, purpose)$
SELECT EXISTS (
    SELECT FROM one_time_link
    WHERE link_hash = :link_hash AND purpose = :purpose AND expires_at > now()
);

-- name: take(link_hash, purpose)$
-- The link, which works no more; nothing if it did not work any more.
DELETE FROM one_time_link
WHERE link_hash = :link_hash AND purpose = :purpose AND expires_at > now()
RETURNING purpose;
