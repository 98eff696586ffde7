-- The table client_member: it changes only while its client is locked (clients.lock). The owner is no member.

-- name: is_member(client_id, user_id)$
-- Without the owner.
SELECT EXISTS (SELECT FROM client_member WHERE client_id = :client_id AND user_id = :user_id);

-- name: members(client_id)
-- In the order in which they joined.
SELECT member.user_id, member.accepted_at, person.name, person.email
FROM client_member AS member
JOIN "user" AS person ON person.user_id = member.user_id
WHERE member.client_id = :client_id
ORDER BY member.accepted_at, member.user_id
LIMIT 1000;

-- name: find(client_id, user_id)^
SELECT member.user_id, member.accepted_at, person.name, person.email
FROM client_member AS member
JOIN "user" AS person ON person.user_id = member.user_id
WHERE member.client_id = :client_id AND member.user_id = :user_id;

-- name: count(client_id)$
-- Members, and invitations that still work.
SELECT (SELECT count(*) FROM client_member WHERE client_id = :client_id)
       + (SELECT count(*) FROM one_time_link WHERE client_id = :client_id AND expires_at > now());

-- name: add(client_id, user_id, invited_by)$
-- Nothing if they are a member already.
INSERT INTO client_member (client_id, user_id, invited_by)
VALUES (:client_id, :user_id, :invited_by)
ON CONFLICT (client_id, user_id) DO NOTHING
RETURNING user_id;

-- name: leave_all(user_id)!
-- A person who is deleted leaves every team; its clients are locked (clients.lock_of_person).
DELETE FROM client_member
WHERE user_id = :user_id;

-- name: remove(client_id, user_id)!
DELETE FROM client_member
WHERE client_id = :client_id AND user_id = :user_id;
