-- Revocation of any size: epochs that take force at once, and what is still being carried out behind them.

ALTER TABLE client
    ADD COLUMN epoch integer NOT NULL DEFAULT 0,
    ADD COLUMN tokens_revoked_at timestamptz,
    ADD COLUMN self_registered boolean NOT NULL DEFAULT false,
    ALTER COLUMN owner_id DROP NOT NULL,
    ADD CONSTRAINT client_without_owner_registered_itself CHECK ((owner_id IS NULL) = self_registered);
COMMENT ON COLUMN client.epoch IS 'Raised to revoke all grants, codes and tokens of the client: those of an older epoch are revoked.';
COMMENT ON COLUMN client.tokens_revoked_at IS 'When epoch was last raised.';
COMMENT ON COLUMN client.self_registered IS 'It has no owner, as it registered itself (RFC 7591).';

ALTER TABLE "grant" ADD COLUMN epoch integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN "grant".epoch IS 'Its client''s when it was given; the grant is active only while the two are equal.';

ALTER TABLE family
    ADD COLUMN epoch integer NOT NULL DEFAULT 0,
    ADD COLUMN access_tokens bytea[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN family.epoch IS 'Its grant''s.';
COMMENT ON COLUMN family.access_tokens IS 'Its latest access tokens, newest first, one for each set of scopes and resources: 8 bytes of the set''s SHA-256, then the token''s SHA-256.';

-- What is active and of an older epoch is found in the order of a batch, without passing over the rest. A rotation
-- changes none of these columns.
CREATE INDEX grant_active_by_epoch ON "grant" (client_id, epoch) WHERE ended_at IS NULL;
CREATE INDEX family_active_by_epoch ON family (client_id, epoch) WHERE ended_at IS NULL;

CREATE TABLE revocation (
    revocation_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id     text REFERENCES client (client_id),
    user_id       text REFERENCES "user" (user_id),
    reason        text NOT NULL,
    began_at      timestamptz NOT NULL,
    connections   bigint,
    carried_out   bigint NOT NULL DEFAULT 0,
    finished_at   timestamptz,
    CONSTRAINT revocation_is_of_a_client_or_a_user CHECK (num_nonnulls(client_id, user_id) = 1)
);
CREATE UNIQUE INDEX revocation_under_way_by_client ON revocation (client_id) WHERE finished_at IS NULL;
CREATE UNIQUE INDEX revocation_under_way_by_user ON revocation (user_id) WHERE finished_at IS NULL;
CREATE INDEX revocation_by_client ON revocation (client_id, revocation_id DESC);
CREATE INDEX revocation_by_end ON revocation (finished_at);
COMMENT ON TABLE revocation IS 'Everything of one client or one user: carried out in batches, by whichever process comes first.';
COMMENT ON COLUMN revocation.began_at IS 'Grants given later are not concerned.';
COMMENT ON COLUMN revocation.connections IS 'How many families there were to revoke; empty until they are counted.';
COMMENT ON COLUMN revocation.carried_out IS 'How many of them are revoked in their own rows; written with them.';
