-- name: find(user_id)^
SELECT user_id, subject, email, name, is_admin, sessions_ended_at, disabled_at, created_at
FROM "user"
WHERE user_id = :user_id;

-- name: find_by_email(email)^
SELECT user_id, email, name, password_hash, is_admin, disabled_at
FROM "user"
WHERE lower(email) = lower(:email);

-- name: password_hash_of(user_id)$
SELECT password_hash
FROM "user"
WHERE user_id = :user_id AND disabled_at IS NULL;

-- name: every(before, rows)
-- For the command line, the oldest first; `before` is the last one of the page before.
SELECT person.user_id, person.email, person.name, person.is_admin, person.created_at,
       person.disabled_at IS NOT NULL AS disabled
FROM "user" AS person
LEFT JOIN "user" AS last ON last.user_id = :before
WHERE last.user_id IS NULL OR person.created_at > last.created_at
   OR (person.created_at = last.created_at AND person.user_id < last.user_id)
ORDER BY person.created_at, person.user_id DESC
LIMIT :rows;

-- name: has_admin()$
SELECT EXISTS (SELECT FROM "user" WHERE is_admin);

-- name: add(user_id, subject, email, name, password_hash, is_admin)$
-- The new user, or nothing if the e-mail has an account.
INSERT INTO "user" (user_id, subject, email, name, password_hash, is_admin)
VALUES (:user_id, :subject, :email, :name, :password_hash, :is_admin)
ON CONFLICT (lower(email)) DO NOTHING
RETURNING user_id;

-- name: clock()$
-- The time now, not that of the transaction's start: later than whatever a lock was waited for.
SELECT clock_timestamp();

-- name: lock_for_session(user_id, password_hash)^
-- For a new session: the password was checked before this transaction began, and is still the same;
-- it cannot change, nor can the user be disabled, before the transaction ends.
SELECT user_id
FROM "user"
WHERE user_id = :user_id AND password_hash = :password_hash AND disabled_at IS NULL
FOR SHARE;

-- name: end_sessions(user_id)$
-- Every session that began until now is ended; the time, which is read after the wait for the row, so that
-- no session that began meanwhile is later than it.
UPDATE "user"
SET sessions_ended_at = clock_timestamp()
FROM (SELECT user_id FROM "user" WHERE user_id = :user_id FOR NO KEY UPDATE) AS locked
WHERE "user".user_id = locked.user_id
RETURNING "user".sessions_ended_at;

-- name: end_other_sessions(user_id, session_began_at)$
-- The same, asked for from a session that gets a successor; nothing if that session was ended meanwhile.
UPDATE "user"
SET sessions_ended_at = clock_timestamp()
FROM (
    SELECT user_id
    FROM "user"
    WHERE user_id = :user_id AND disabled_at IS NULL
      AND (sessions_ended_at IS NULL OR sessions_ended_at < :session_began_at)
    FOR NO KEY UPDATE
) AS locked
WHERE "user".user_id = locked.user_id
RETURNING "user".sessions_ended_at;

-- name: change_password(user_id, old_hash, new_hash)$
-- Ends every session too; nothing if the password was changed meanwhile.
UPDATE "user"
SET password_hash = :new_hash, sessions_ended_at = clock_timestamp()
FROM (
    SELECT user_id
    FROM "user"
    WHERE user_id = :user_id AND password_hash = :old_hash AND disabled_at IS NULL
    FOR NO KEY UPDATE
) AS locked
WHERE "user".user_id = locked.user_id
RETURNING "user".sessions_ended_at;

-- name: set_password(user_id, password_hash)!
-- By a link; ends every session too.
UPDATE "user"
SET password_hash = :password_hash, sessions_ended_at = clock_timestamp()
WHERE user_id = :user_id;

-- name: change_name(user_id, name)!
UPDATE "user"
SET name = :name
WHERE user_id = :user_id AND name <> :name;

-- name: note_owner_changed(owner_id)
-- Whatever a process keeps of this owner's apps holds the old name, and whoever verified one knew its developer
-- by that name.
WITH owned AS (
    SELECT client_id, verified_at IS NOT NULL AS verified
    FROM client
    WHERE owner_id = :owner_id AND deleted_at IS NULL
    ORDER BY client_id
    FOR NO KEY UPDATE
)
UPDATE client
SET verified_at = NULL, changed_at = now()
FROM owned
WHERE client.client_id = owned.client_id
RETURNING client.client_id, owned.verified AS lost_verification;

-- name: note_owner_disabled(owner_id, disabled)
-- The apps of somebody whose account is disabled get no new grants; said again, their ids again, to bring it into force.
WITH owned AS (
    SELECT client_id
    FROM client
    WHERE owner_id = :owner_id AND deleted_at IS NULL
    ORDER BY client_id
    FOR NO KEY UPDATE
)
UPDATE client
SET owner_disabled = :disabled, changed_at = now()
FROM owned
WHERE client.client_id = owned.client_id
RETURNING client.client_id;

-- name: has_verified_app(user_id)$
SELECT EXISTS (
    SELECT FROM client
    WHERE owner_id = :user_id AND verified_at IS NOT NULL AND deleted_at IS NULL
);
