-- An API has two secrets as a client has, a user can be deleted, and apps without an active owner are found by index.

ALTER TABLE client_secret
    DROP CONSTRAINT client_secret_client_id_fkey,
    DROP CONSTRAINT client_secret_hint_is_short,
    ADD CONSTRAINT client_secret_hint_is_short CHECK (length(hint) IN (0, 4));
INSERT INTO client_secret (secret_hash, client_id, hint, created_at)
SELECT secret_hash, client_id, '', created_at FROM api WHERE deleted_at IS NULL;
ALTER TABLE api DROP COLUMN secret_hash;
COMMENT ON TABLE client_secret IS 'The secrets of a client or an API, two at most.';
COMMENT ON COLUMN client_secret.client_id IS 'Of a client or an API; deleting either deletes its secrets.';
COMMENT ON COLUMN client_secret.hint IS 'The last four characters; empty for the secret of an API that is older than this column.';

ALTER TABLE "user" ADD COLUMN deleted_at timestamptz;
CREATE INDEX user_by_deletion ON "user" (deleted_at) WHERE deleted_at IS NOT NULL;
DROP INDEX user_disabled;
CREATE INDEX user_disabled ON "user" (created_at DESC, user_id) WHERE disabled_at IS NOT NULL AND deleted_at IS NULL;
COMMENT ON COLUMN "user".deleted_at IS 'Deleted: name, email and password are erased; the row stays while something refers to it.';

CREATE INDEX client_without_active_owner ON client (created_at DESC, client_id) WHERE owner_disabled AND deleted_at IS NULL;

CREATE OR REPLACE VIEW audit_line AS
SELECT event.event_id, event.at, event.action, event.address, event.details,
       event.actor_id, CASE WHEN actor.deleted_at IS NULL THEN actor.email END AS actor_email,
       event.user_id, CASE WHEN affected.deleted_at IS NULL THEN affected.email END AS user_email,
       event.client_id, coalesce(client.name, api.name) AS client_name, api.client_id IS NOT NULL AS is_api,
       coalesce(client.deleted_at, api.deleted_at) IS NOT NULL AS is_deleted
FROM audit_event AS event
LEFT JOIN "user" AS actor ON actor.user_id = event.actor_id
LEFT JOIN "user" AS affected ON affected.user_id = event.user_id
LEFT JOIN client ON client.client_id = event.client_id
LEFT JOIN api ON api.client_id = event.client_id;
