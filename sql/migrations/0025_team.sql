-- Another owner has to say yes; what waits for a person; the first steps of an installation.

CREATE TABLE client_transfer (
    client_id  text PRIMARY KEY REFERENCES client (client_id) ON DELETE CASCADE,
    offer_id   bigint GENERATED ALWAYS AS IDENTITY,
    owner_id   text NOT NULL REFERENCES "user" (user_id) ON DELETE CASCADE,
    user_id    text NOT NULL REFERENCES "user" (user_id) ON DELETE CASCADE,
    offered_by text REFERENCES "user" (user_id) ON DELETE CASCADE,
    offered_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT client_transfer_offer_is_unique UNIQUE (offer_id),
    CONSTRAINT client_transfer_goes_to_another CHECK (user_id <> owner_id)
);
CREATE INDEX client_transfer_by_user ON client_transfer (user_id);
CREATE INDEX client_transfer_by_owner ON client_transfer (owner_id);
CREATE INDEX client_transfer_by_maker ON client_transfer (offered_by);
CREATE INDEX client_transfer_by_expiry ON client_transfer (expires_at);
COMMENT ON TABLE client_transfer IS 'An app that is offered to another owner; nothing changes until they accept.';
COMMENT ON COLUMN client_transfer.owner_id IS 'Who owned the app when it was offered; the offer ends with their ownership.';
COMMENT ON COLUMN client_transfer.user_id IS 'Who may accept it.';
COMMENT ON COLUMN client_transfer.offered_by IS 'The owner or an administrator, who must still be one when it is accepted; nothing for the command line.';

CREATE INDEX one_time_link_by_email ON one_time_link (lower(email)) WHERE email IS NOT NULL;
CREATE INDEX audit_event_of_reuse ON audit_event (client_id, at) WHERE action IN ('family.reused', 'family.code_replayed');

ALTER TABLE "user" ADD COLUMN reuse_seen_at timestamptz;
COMMENT ON COLUMN "user".reuse_seen_at IS 'Token reuse in their apps before that no longer waits for them.';

ALTER TABLE installation ADD COLUMN setup_hidden_at timestamptz;
COMMENT ON COLUMN installation.setup_hidden_at IS 'Since then administrators find the checklist of first steps only in the menu.';
