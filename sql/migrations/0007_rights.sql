-- Who may do what: one-time links that prove who was meant, changes that wait for review, apps whose developer is disabled.

ALTER TABLE client ADD COLUMN owner_disabled boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN client.owner_disabled IS 'A copy of the owner''s state, so that a new grant decides on the row it locks.';
UPDATE client
SET owner_disabled = true, changed_at = now()
FROM "user"
WHERE "user".user_id = client.owner_id AND "user".disabled_at IS NOT NULL;

CREATE INDEX user_administrators ON "user" (user_id) WHERE is_admin;
