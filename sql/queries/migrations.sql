-- name: lock(number)$
SELECT pg_advisory_lock(:number);

-- name: make_table()#
CREATE TABLE IF NOT EXISTS migration (
    number     integer PRIMARY KEY,
    name       text NOT NULL,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- name: applied()
SELECT number, name, checksum
FROM migration
ORDER BY number
LIMIT 10000;

-- name: add(number, name, checksum)!
INSERT INTO migration (number, name, checksum)
VALUES (:number, :name, :checksum);
