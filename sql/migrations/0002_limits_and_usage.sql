-- Limits that an administrator can change, usage by hour, and where things were last used from.

ALTER TABLE client
    ADD COLUMN grant_share_percent integer,
    ADD COLUMN token_limit_per_minute integer NOT NULL DEFAULT 6000,
    ADD CONSTRAINT client_grant_share_is_a_percentage CHECK (grant_share_percent BETWEEN 1 AND 100),
    ADD CONSTRAINT client_token_limit_is_sane CHECK (token_limit_per_minute BETWEEN 1 AND 100000000);
COMMENT ON COLUMN client.rate_limit_per_hour IS 'Calls at APIs in an hour, of all its users together.';
COMMENT ON COLUMN client.grant_share_percent IS 'What one user may use of the hour''s calls; nothing means all of them.';
COMMENT ON COLUMN client.token_limit_per_minute IS 'Requests at the token endpoint in a minute, once it proved itself.';

ALTER TABLE client_secret ADD COLUMN last_used_from text;
ALTER TABLE "grant" ADD COLUMN last_used_from text;
COMMENT ON COLUMN "grant".last_used_from IS 'The address of the API''s caller, as far as the API or its proxy told it.';

CREATE TABLE usage (
    client_id text NOT NULL REFERENCES client (client_id) ON DELETE CASCADE,
    hour      timestamptz NOT NULL,
    calls     bigint NOT NULL DEFAULT 0,
    refusals  bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (client_id, hour)
);
CREATE INDEX usage_by_age ON usage (hour);
COMMENT ON TABLE usage IS 'Calls at APIs by client and hour: good ones, and those refused for want of scope or for the limit.';

CREATE TABLE usage_batch (
    batch_id   text PRIMARY KEY,
    written_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE usage_batch IS 'Batches of usage taken from Redis: written with what they hold, so that none counts twice.';
