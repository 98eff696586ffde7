-- The table migration, and what a start needs to know of PostgreSQL.

-- name: wait_for_a_lock()#
-- A migration may take longer than any request, but nothing may queue behind it while it waits for a lock itself.
SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL lock_timeout = '1s';

-- name: lock(number)$
-- Held by the transaction: a lock of the session would stay with a pooled connection.
SELECT pg_advisory_xact_lock(:number);

-- name: is_made()$
SELECT to_regclass('migration') IS NOT NULL;

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

-- name: set_checksum(number, checksum)!
UPDATE migration
SET checksum = :checksum
WHERE number = :number;

-- name: server()^
-- What this installation needs of PostgreSQL.
SELECT current_setting('server_version_num')::integer AS version, current_setting('server_version') AS version_text,
       current_setting('server_encoding') AS encoding, current_database() AS database, session_user AS role,
       pg_is_in_recovery() AS is_standby, current_setting('transaction_read_only')::boolean AS is_read_only,
       current_schema() AS schema, coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create,
       pg_backend_pid() AS backend,
       current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer
           - coalesce(current_setting('reserved_connections', true)::integer, 0) AS connections,
       (SELECT rolconnlimit FROM pg_roles WHERE rolname = session_user) AS connections_of_role,
       (SELECT datconnlimit FROM pg_database WHERE datname = current_database()) AS connections_of_database;

-- name: limits()
-- How long a session of this role waits for a lock, a statement, or a client that hangs or is gone; how long it should;
-- and the statement that makes it so. A value from the client is in DATABASE_URL, on purpose.
SELECT wanted.name, wanted.value, pg_settings.setting <> '0' AS is_set,
       current_setting(wanted.name) = wanted.value OR pg_settings.source = 'client' AS is_right,
       coalesce(stored.setconfig @> ARRAY[format('%%s=%%s', wanted.name, wanted.value)], false) AS is_stored,
       format('ALTER ROLE %%I IN DATABASE %%I SET %%I = %%L;', session_user, current_database(), wanted.name,
              wanted.value) AS statement
FROM (VALUES ('lock_timeout', '1s'), ('statement_timeout', '1200ms'), ('idle_in_transaction_session_timeout', '30s'),
             ('client_connection_check_interval', '500ms')) AS wanted (name, value)
JOIN pg_settings ON pg_settings.name = wanted.name
LEFT JOIN pg_db_role_setting AS stored
    ON stored.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND stored.setrole = (SELECT oid FROM pg_roles WHERE rolname = session_user)
ORDER BY wanted.name
LIMIT 10;

-- name: leave()$
-- A pooler would hand this session to another client, with the limits it began with.
SELECT pg_terminate_backend(pg_backend_pid());
