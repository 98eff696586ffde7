-- The table one_time_link.

-- name: find(link_hash, purpose)^
SELECT link_id, user_id, client_id, email, made_by, expires_at
FROM one_time_link
WHERE link_hash = :link_hash AND purpose = :purpose AND expires_at > now();

-- name: invitations(client_id)
-- Invitations to the team of an app that still work.
SELECT link_id, email, made_at, expires_at
FROM one_time_link
WHERE client_id = :client_id AND expires_at > now()
ORDER BY made_at, link_id
LIMIT 1000;

-- name: add(link_hash, purpose, seconds, user_id, client_id, email, made_by)!
INSERT INTO one_time_link (link_hash, purpose, expires_at, user_id, client_id, email, made_by)
VALUES (:link_hash, :purpose, now() + make_interval(secs => :seconds), :user_id, :client_id, :email, :made_by);

-- name: take(link_hash, purpose)$
-- Spend the link; nothing if it no longer works.
DELETE FROM one_time_link
WHERE link_hash = :link_hash AND purpose = :purpose AND expires_at > now()
RETURNING link_id;

-- name: delete_invitation(client_id, link_id)$
-- The email it was meant for; nothing if it is gone.
DELETE FROM one_time_link
WHERE client_id = :client_id AND link_id = :link_id
RETURNING email;

-- name: delete_of_email(client_id, email)!
-- A new invitation replaces an older one for the same person.
DELETE FROM one_time_link
WHERE client_id = :client_id AND lower(email) = lower(:email);

-- name: delete_of_client(client_id)!
DELETE FROM one_time_link
WHERE client_id = :client_id;

-- name: delete_of_user(user_id, purpose)!
DELETE FROM one_time_link
WHERE user_id = :user_id AND purpose = :purpose;

-- name: delete_all_of_user(user_id)!
DELETE FROM one_time_link
WHERE user_id = :user_id;

-- name: delete_all(purpose)!
DELETE FROM one_time_link
WHERE purpose = :purpose;

-- name: purge(at_most)!
-- Those that expired.
DELETE FROM one_time_link
WHERE link_hash = ANY (ARRAY(
    SELECT link_hash
    FROM one_time_link
    WHERE expires_at < now()
    ORDER BY expires_at
    LIMIT :at_most
    FOR UPDATE SKIP LOCKED
));
