-- PostgreSQL's clock, and how long a statement may take.

-- name: clock()$
-- The time now, not that of the transaction's start: later than whatever a lock was waited for.
SELECT clock_timestamp();

-- name: cancel_after(deadline)!
-- Sent in one message with COMMIT. A backend that was stopped, or was cut off, may read that message long after the
-- request was answered 503: then this cancels the transaction, and nothing of it is committed.
SELECT pg_cancel_backend(pg_backend_pid())
WHERE clock_timestamp() >= to_timestamp(:deadline);

-- name: no_request()#
-- In one message before a statement that no request waits for: a command's, or housekeeping's. LOCAL, since behind a
-- pooler the session is another's the next moment.
SET LOCAL statement_timeout = '55s';
SET LOCAL lock_timeout = '20s';
SET LOCAL idle_in_transaction_session_timeout = '60s';

-- name: no_disk()#
-- In the same message, for many transactions of which only the last one has to be on disk.
SET LOCAL synchronous_commit = off;
