-- The table user. Users are locked before clients, clients before grants, grants before families.

-- name: find(user_id)^
SELECT user_id, subject, email, name, is_admin, sessions_ended_at, disabled_at, created_at
FROM "user"
WHERE user_id = :user_id AND deleted_at IS NULL;

-- name: find_by_email(email)^
SELECT user_id, email, name, password_hash, is_admin, disabled_at
FROM "user"
WHERE lower(email) = lower(:email);

-- name: find_id(text)$
-- Of the user with this email or id.
SELECT user_id
FROM "user"
WHERE user_id = :text OR lower(email) = lower(:text);

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
WHERE person.deleted_at IS NULL
  AND (last.user_id IS NULL OR person.created_at > last.created_at
       OR (person.created_at = last.created_at AND person.user_id < last.user_id))
ORDER BY person.created_at, person.user_id DESC
LIMIT :rows;

-- name: has_admin()$
SELECT EXISTS (SELECT FROM "user" WHERE is_admin);

-- name: administrators()
-- Who can administer this server.
SELECT user_id
FROM "user"
WHERE is_admin AND disabled_at IS NULL
ORDER BY user_id
LIMIT 1000;

-- name: lock_people(user_ids, administrators)
-- Who acts and who is acted on, and every administrator if required: locked in one statement and one order, so that
-- two people who act on each other cannot block each other. Users are locked before clients.
SELECT user_id, email, name, is_admin, disabled_at IS NOT NULL AS disabled, deleted_at IS NOT NULL AS deleted
FROM "user"
WHERE user_id = ANY (:user_ids) OR (:administrators AND is_admin)
ORDER BY user_id
LIMIT 1000
FOR NO KEY UPDATE;

-- name: lock_for_session(user_id, password_hash)^
-- For a new session: the password was checked before this transaction began, and is still the same;
-- it cannot change, nor can the user be disabled, before the transaction ends.
SELECT user_id
FROM "user"
WHERE user_id = :user_id AND password_hash = :password_hash AND disabled_at IS NULL
FOR SHARE;

-- name: lock_for_grant(user_id, session_began_at)^
-- For a new grant: its user cannot be disabled or offboarded before this transaction ends,
-- and was not since the session began.
SELECT user_id, subject
FROM "user"
WHERE user_id = :user_id AND disabled_at IS NULL
  AND (sessions_ended_at IS NULL OR sessions_ended_at < :session_began_at)
FOR SHARE;

-- name: add(user_id, subject, email, name, password_hash, is_admin)$
-- The new user, or nothing if the email has an account.
INSERT INTO "user" (user_id, subject, email, name, password_hash, is_admin)
VALUES (:user_id, :subject, :email, :name, :password_hash, :is_admin)
ON CONFLICT (lower(email)) DO NOTHING
RETURNING user_id;

-- name: end_sessions(user_id)$
-- Ends every session that has begun; returns the time, read after the wait for the row, so that no session that begins
-- during the wait is later than it.
UPDATE "user"
SET sessions_ended_at = clock_timestamp()
FROM (SELECT user_id FROM "user" WHERE user_id = :user_id FOR NO KEY UPDATE) AS locked
WHERE "user".user_id = locked.user_id
RETURNING "user".sessions_ended_at;

-- name: end_other_sessions(user_id, session_began_at)$
-- The same, from a session that gets a successor; nothing if that session has ended.
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
-- Ends every session too; nothing if the password was changed since it was checked.
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

-- name: change_email(user_id, email)!
UPDATE "user"
SET email = :email
WHERE user_id = :user_id;

-- name: erase(user_id)!
-- What is known of a person. The row stays until nothing refers to it (purge), under an email that nobody can have.
UPDATE "user"
SET email = user_id || '@deleted.invalid', name = 'Deleted user', password_hash = NULL, is_admin = false,
    disabled_at = coalesce(disabled_at, now()), deleted_at = now()
WHERE user_id = :user_id AND deleted_at IS NULL;

-- name: purge(days, at_most)!
-- Those that were deleted, and that no page shows any longer.
DELETE FROM "user"
WHERE user_id IN (
    SELECT gone.user_id
    FROM "user" AS gone
    WHERE gone.deleted_at < now() - make_interval(days => :days)
      AND NOT EXISTS (SELECT FROM "grant" WHERE "grant".user_id = gone.user_id)
      AND NOT EXISTS (SELECT FROM client WHERE client.owner_id = gone.user_id)
      AND NOT EXISTS (SELECT FROM client_member WHERE client_member.user_id = gone.user_id)
      AND NOT EXISTS (SELECT FROM client_proposal WHERE client_proposal.proposed_by = gone.user_id)
      AND NOT EXISTS (SELECT FROM registration_token WHERE registration_token.made_by = gone.user_id)
      AND NOT EXISTS (SELECT FROM host_removal WHERE host_removal.asked_by = gone.user_id)
      AND NOT EXISTS (SELECT FROM document_host WHERE document_host.added_by = gone.user_id)
      AND NOT EXISTS (SELECT FROM blocked_host WHERE blocked_host.blocked_by = gone.user_id)
      AND NOT EXISTS (SELECT FROM revocation WHERE revocation.user_id = gone.user_id)
    ORDER BY gone.deleted_at
    LIMIT :at_most
    FOR UPDATE SKIP LOCKED
);

-- name: mark_reuse_seen(user_id, seen_at)!
UPDATE "user"
SET reuse_seen_at = LEAST(:seen_at, now())
WHERE user_id = :user_id;

-- name: set_admin(user_id, is_admin)!
UPDATE "user"
SET is_admin = :is_admin
WHERE user_id = :user_id AND is_admin <> :is_admin;

-- name: disable(user_id)$
-- The first level of a revocation: grants and families follow in transactions of their own (revocations.sql).
UPDATE "user"
SET disabled_at = now()
WHERE user_id = :user_id AND disabled_at IS NULL
RETURNING disabled_at;

-- name: enable(user_id)$
UPDATE "user"
SET disabled_at = NULL
WHERE user_id = :user_id AND disabled_at IS NOT NULL AND deleted_at IS NULL
RETURNING user_id;
