-- The table client_transfer: it changes only while its client is locked (clients.lock).

-- name: offer(client_id, owner_id, user_id, offered_by, seconds)!
-- It replaces an earlier offer of the same app.
INSERT INTO client_transfer (client_id, owner_id, user_id, offered_by, expires_at)
VALUES (:client_id, :owner_id, :user_id, :offered_by, now() + make_interval(secs => :seconds))
ON CONFLICT (client_id) DO UPDATE
SET owner_id = EXCLUDED.owner_id, user_id = EXCLUDED.user_id, offered_by = EXCLUDED.offered_by, offered_at = now(),
    expires_at = EXCLUDED.expires_at, offer_id = DEFAULT;

-- name: of_client(client_id)^
-- The offer that waits, for the team of the app.
SELECT offer.user_id, person.name, person.email, offer.offered_at, offer.expires_at
FROM client_transfer AS offer
JOIN "user" AS person ON person.user_id = offer.user_id
WHERE offer.client_id = :client_id AND offer.expires_at > now();

-- name: find(client_id, user_id)^
-- The offer that waits for this person.
SELECT offer.offer_id, offer.client_id, offer.owner_id, offer.offered_by, offer.offered_at, offer.expires_at,
       client.name, client.logo_version, client.owner_name, client.owner_email, client.owner_disabled, client.verified
FROM client_transfer AS offer
JOIN client_overview AS client ON client.client_id = offer.client_id AND client.deleted_at IS NULL
WHERE offer.client_id = :client_id AND offer.user_id = :user_id AND offer.expires_at > now();

-- name: take(offer_id)$
-- Nothing if it was answered, withdrawn or replaced, or has expired.
DELETE FROM client_transfer
WHERE offer_id = :offer_id AND expires_at > now()
RETURNING client_id;

-- name: withdraw(client_id, user_id)$
-- Of any person if `user_id` is nothing; the id of the one it was for.
DELETE FROM client_transfer
WHERE client_id = :client_id AND (CAST(:user_id AS text) IS NULL OR user_id = :user_id)
RETURNING user_id;

-- name: purge(at_most)!
DELETE FROM client_transfer
WHERE client_id = ANY (ARRAY(
    SELECT client_id
    FROM client_transfer
    WHERE expires_at < now()
    ORDER BY expires_at
    LIMIT :at_most
    FOR UPDATE SKIP LOCKED
));
