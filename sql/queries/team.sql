-- name: is_member(client_id, user_id)$
-- Of those who accepted; the owner is none of them.
SELECT EXISTS (SELECT FROM client_member
               WHERE client_id = :client_id AND user_id = :user_id AND accepted_at IS NOT NULL);

-- name: members(client_id)
-- Members by their time in the team, then who is invited.
SELECT member.user_id, member.invited_at, member.accepted_at, person.name, person.email
FROM client_member AS member
JOIN "user" AS person ON person.user_id = member.user_id
WHERE member.client_id = :client_id
ORDER BY member.accepted_at, member.invited_at, member.user_id
LIMIT 1000;

-- name: invitations(user_id)
-- To teams of apps that are still there.
SELECT client.client_id, client.name, client_logo.version AS logo_version, member.invited_at,
       owner.name AS owner_name, owner.email AS owner_email
FROM client_member AS member
JOIN client ON client.client_id = member.client_id AND client.deleted_at IS NULL
JOIN "user" AS owner ON owner.user_id = client.owner_id
LEFT JOIN client_logo ON client_logo.client_id = client.client_id
WHERE member.user_id = :user_id AND member.accepted_at IS NULL
ORDER BY member.invited_at DESC, client.client_id
LIMIT 50;

-- name: find_person(email)^
-- Whose account is open. Their name is for themselves to tell, by joining.
SELECT user_id, email
FROM "user"
WHERE lower(email) = lower(:email) AND disabled_at IS NULL;

-- A team changes only while its app is locked (register.lock_client).

-- name: find(client_id, user_id)^
SELECT member.user_id, member.accepted_at, person.name, person.email
FROM client_member AS member
JOIN "user" AS person ON person.user_id = member.user_id
WHERE member.client_id = :client_id AND member.user_id = :user_id;

-- name: count(client_id)$
SELECT count(*)
FROM client_member
WHERE client_id = :client_id;

-- name: invite(client_id, user_id, invited_by)$
-- Nothing if they are invited or a member already.
INSERT INTO client_member (client_id, user_id, invited_by)
VALUES (:client_id, :user_id, :invited_by)
ON CONFLICT (client_id, user_id) DO NOTHING
RETURNING user_id;

-- name: join(client_id, user_id)$
-- Nothing if they joined before.
UPDATE client_member
SET accepted_at = now()
WHERE client_id = :client_id AND user_id = :user_id AND accepted_at IS NULL
RETURNING user_id;

-- name: remove(client_id, user_id)!
DELETE FROM client_member
WHERE client_id = :client_id AND user_id = :user_id;

-- name: keep_as_member(client_id, user_id)!
-- Who owned the app until now.
INSERT INTO client_member (client_id, user_id, invited_by, accepted_at)
VALUES (:client_id, :user_id, :user_id, now());

-- name: drop_invitations(client_id)!
DELETE FROM client_member
WHERE client_id = :client_id AND accepted_at IS NULL;

-- name: transfer(client_id, owner_id)!
-- Whoever verified the app knew another developer.
UPDATE client
SET owner_id = :owner_id, owner_disabled = false, verified_at = NULL, changed_at = now()
WHERE client_id = :client_id;
