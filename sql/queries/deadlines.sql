-- PostgreSQL's clock, and how long a statement may take.

-- name: clock()$
-- The time now, not of the transaction's start: after any wait for a lock.
SELECT clock_timestamp();

-- name: process()$
-- The server's process behind this session: a pooler gives its clients another number.
SELECT pg_backend_pid();

-- name: cancel_after(deadline)!
-- Sent in one message with COMMIT. A backend that was stopped, or was cut off, may read that message long after the
-- request was answered 503: then this cancels the transaction, and nothing of it is committed.
SELECT pg_cancel_backend(pg_backend_pid())
WHERE clock_timestamp() >= to_timestamp(:deadline::float8);

-- name: no_request()#
-- Sent in one message with a statement of a command or of housekeeping. LOCAL, as a pooler may give the session to
-- another client right after it.
SET LOCAL statement_timeout = '55s';
SET LOCAL lock_timeout = '20s';
SET LOCAL idle_in_transaction_session_timeout = '60s';

-- name: no_disk()#
-- In the same message, for many transactions of which only the last one must be on disk.
SET LOCAL synchronous_commit = off;
