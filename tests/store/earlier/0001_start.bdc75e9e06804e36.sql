-- What must survive: users, clients, secrets, scopes, APIs, grants, families, audit events.
-- Redis keeps the rest (oauthsrv/store/redis.py describes its keys).
-- Hashes are SHA-256 of values with 256 random bits; passwords alone are bcrypt.

CREATE TABLE installation (
    only_row           boolean PRIMARY KEY DEFAULT true,
    installation_id    text NOT NULL,
    browser_key        bytea NOT NULL,
    longest_access_ttl integer NOT NULL,
    created_at         timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT installation_has_one_row CHECK (only_row)
);
COMMENT ON TABLE installation IS 'This installation: one row, written by the first start.';
COMMENT ON COLUMN installation.installation_id IS 'Head of every Redis key, so that several installations can share one Redis.';
COMMENT ON COLUMN installation.browser_key IS 'Signs the mark of a browser that signed in before.';
COMMENT ON COLUMN installation.longest_access_ttl IS 'Seconds; the longest life an access token was ever given: the sweep looks back this far.';

CREATE TABLE "user" (
    user_id             text PRIMARY KEY,
    subject             text NOT NULL UNIQUE,
    email               text NOT NULL,
    name                text NOT NULL,
    password_hash       text,
    is_admin            boolean NOT NULL DEFAULT false,
    sessions_ended_at   timestamptz,
    disabled_at         timestamptz,
    created_at          timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT user_id_has_its_prefix CHECK (user_id ~ '^usr_[0-9a-f]{32}$'),
    CONSTRAINT user_email_is_bounded CHECK (length(email) BETWEEN 3 AND 254),
    CONSTRAINT user_name_is_bounded CHECK (length(name) BETWEEN 1 AND 100)
);
CREATE UNIQUE INDEX user_email_is_unique ON "user" (lower(email));
CREATE INDEX user_by_age ON "user" (created_at DESC, user_id);
COMMENT ON TABLE "user" IS 'A person.';
COMMENT ON COLUMN "user".subject IS 'The sub string that stands for this user towards clients and APIs.';
COMMENT ON COLUMN "user".password_hash IS 'bcrypt over a fixed-length digest of the password.';
COMMENT ON COLUMN "user".sessions_ended_at IS 'A browser session that began at or before this moment is ended, whatever Redis says.';

CREATE TABLE one_time_link (
    link_hash   bytea PRIMARY KEY,
    purpose     text NOT NULL,
    expires_at  timestamptz NOT NULL,
    CONSTRAINT one_time_link_purpose_is_known CHECK (purpose IN ('first_admin'))
);
CREATE INDEX one_time_link_by_expiry ON one_time_link (expires_at);
COMMENT ON TABLE one_time_link IS 'Links that work once: taken by DELETE … RETURNING.';

CREATE TABLE scope (
    scope        text PRIMARY KEY,
    description  text NOT NULL,
    position     integer NOT NULL,
    CONSTRAINT scope_is_a_scope_token CHECK (scope ~ '^[\x21\x23-\x5B\x5D-\x7E]{1,100}$')
);
COMMENT ON TABLE scope IS 'The catalogue of scopes, shown in the order of position (RFC 6749 §3.3).';

INSERT INTO scope (scope, description, position) VALUES
    ('read:profile', 'Read user profile', 1),
    ('write:profile', 'Update user profile', 2),
    ('read:data', 'Read user data', 3),
    ('write:data', 'Create and update data', 4),
    ('read:billing', 'View billing information', 5),
    ('webhooks', 'Manage webhooks', 6);

CREATE TABLE client (
    client_id           text PRIMARY KEY,
    name                text NOT NULL,
    description         text NOT NULL DEFAULT '',
    home_page           text NOT NULL DEFAULT '',
    type                text NOT NULL,
    redirect_uris       text[] NOT NULL,
    scopes              text[] NOT NULL,
    skips_pkce          boolean NOT NULL DEFAULT false,
    rate_limit_per_hour integer NOT NULL DEFAULT 1000,
    owner_id            text NOT NULL REFERENCES "user" (user_id),
    approved_at         timestamptz,
    suspended_at        timestamptz,
    created_at          timestamptz NOT NULL DEFAULT now(),
    changed_at          timestamptz NOT NULL DEFAULT now(),
    deleted_at          timestamptz,
    CONSTRAINT client_id_has_its_prefix CHECK (client_id ~ '^cli_[0-9a-f]{32}$'),
    CONSTRAINT client_name_is_bounded CHECK (length(name) BETWEEN 1 AND 80),
    CONSTRAINT client_description_is_bounded CHECK (length(description) <= 1000),
    CONSTRAINT client_home_page_is_bounded CHECK (length(home_page) <= 2000),
    CONSTRAINT client_type_is_known CHECK (type IN ('confidential', 'public')),
    CONSTRAINT client_has_redirect_uris CHECK (cardinality(redirect_uris) BETWEEN 1 AND 20),
    CONSTRAINT client_has_scopes CHECK (cardinality(scopes) >= 1),
    CONSTRAINT client_pkce_is_for_public CHECK (NOT skips_pkce OR type = 'confidential'),
    CONSTRAINT client_rate_limit_is_sane CHECK (rate_limit_per_hour BETWEEN 1 AND 100000000)
);
CREATE INDEX client_by_owner ON client (owner_id, created_at DESC, client_id);
CREATE INDEX client_by_age ON client (created_at DESC, client_id);
CREATE INDEX client_by_change ON client (changed_at);
COMMENT ON TABLE client IS 'An app; the type never changes.';
COMMENT ON COLUMN client.scopes IS 'The ceiling: what the app can ask for.';
COMMENT ON COLUMN client.skips_pkce IS 'The owner said that this confidential client cannot do PKCE.';
COMMENT ON COLUMN client.approved_at IS 'Until then, where apps are reviewed, the app works for its owner alone.';
COMMENT ON COLUMN client.suspended_at IS 'Since then nothing works; all works again when it is cleared.';
COMMENT ON COLUMN client.changed_at IS 'Last change of anything a process may have cached; the sweep strikes the stamps of recent ones.';
COMMENT ON COLUMN client.deleted_at IS 'Ended for ever; the row stays for the names in the audit log.';

CREATE TABLE client_secret (
    secret_hash  bytea PRIMARY KEY,
    client_id    text NOT NULL REFERENCES client (client_id),
    hint         text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    CONSTRAINT client_secret_hint_is_short CHECK (length(hint) = 4)
);
CREATE INDEX client_secret_by_client ON client_secret (client_id, created_at);
COMMENT ON TABLE client_secret IS 'At most two living secrets of a client; a retired one is deleted.';
COMMENT ON COLUMN client_secret.hint IS 'The last four characters, to tell two secrets apart.';

CREATE TABLE api (
    client_id   text PRIMARY KEY,
    name        text NOT NULL,
    resource    text NOT NULL UNIQUE,
    scopes      text[] NOT NULL,
    secret_hash bytea NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    changed_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT api_client_id_has_its_prefix CHECK (client_id ~ '^cli_[0-9a-f]{32}$'),
    CONSTRAINT api_name_is_bounded CHECK (length(name) BETWEEN 1 AND 80),
    CONSTRAINT api_resource_is_bounded CHECK (length(resource) <= 2000)
);
COMMENT ON TABLE api IS 'A resource server: checks tokens by introspection with its own credentials.';
COMMENT ON COLUMN api.resource IS 'Its resource URI (RFC 8707), without a trailing slash.';
COMMENT ON COLUMN api.scopes IS 'A token without an audience is meant for this API if it holds one of these.';

CREATE TABLE "grant" (
    grant_id     text PRIMARY KEY,
    user_id      text NOT NULL REFERENCES "user" (user_id),
    client_id    text NOT NULL REFERENCES client (client_id),
    scopes       text[] NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    ended_at     timestamptz,
    end_reason   text,
    CONSTRAINT grant_id_has_its_prefix CHECK (grant_id ~ '^gra_[0-9a-f]{32}$'),
    CONSTRAINT grant_end_has_a_reason CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE UNIQUE INDEX grant_living_is_unique ON "grant" (user_id, client_id) WHERE ended_at IS NULL;
CREATE INDEX grant_by_client ON "grant" (client_id);
CREATE INDEX grant_by_user ON "grant" (user_id, created_at DESC);
CREATE INDEX grant_by_end ON "grant" (ended_at) WHERE ended_at IS NOT NULL;
COMMENT ON TABLE "grant" IS 'What one user allowed one client. An ended grant is never reopened.';
COMMENT ON COLUMN "grant".last_used_at IS 'Last use of one of its access tokens at an API.';

CREATE TABLE consent (
    grant_id      text NOT NULL REFERENCES "grant" (grant_id) ON DELETE CASCADE,
    redirect_host text NOT NULL,
    resources     text[] NOT NULL,
    scopes        text[] NOT NULL,
    given_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (grant_id, redirect_host, resources)
);
COMMENT ON TABLE consent IS 'What was answered with Allow: scopes, for these resources, sent to this host.';

CREATE TABLE family (
    family_id      text PRIMARY KEY,
    grant_id       text NOT NULL REFERENCES "grant" (grant_id),
    client_id      text NOT NULL REFERENCES client (client_id),
    subject        text NOT NULL,
    scopes         text[] NOT NULL,
    resources      text[] NOT NULL,
    code_hash      bytea NOT NULL UNIQUE,
    handle_hash    bytea NOT NULL UNIQUE,
    generation     bigint NOT NULL DEFAULT 1,
    current_hash   bytea NOT NULL,
    previous_hash  bytea,
    rotations      timestamptz[] NOT NULL DEFAULT '{}',
    sealed         bytea,
    created_at     timestamptz NOT NULL DEFAULT now(),
    last_used_at   timestamptz NOT NULL DEFAULT now(),
    expires_at     timestamptz NOT NULL,
    ended_at       timestamptz,
    end_reason     text,
    CONSTRAINT family_id_has_its_prefix CHECK (family_id ~ '^fam_[0-9a-f]{32}$'),
    CONSTRAINT family_end_has_a_reason CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
    CONSTRAINT family_end_erases_the_sealed CHECK (ended_at IS NULL OR sealed IS NULL)
);
CREATE INDEX family_by_grant ON family (grant_id, last_used_at DESC);
CREATE INDEX family_by_client ON family (client_id, ended_at);
CREATE INDEX family_by_end ON family (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX family_by_expiry ON family (expires_at) WHERE ended_at IS NULL;
CREATE INDEX family_sealed ON family (last_used_at) WHERE sealed IS NOT NULL;
COMMENT ON TABLE family IS 'All tokens that descend from one code exchange: one row, however often it rotates.';
COMMENT ON COLUMN family.code_hash IS 'Decides the first use of a code.';
COMMENT ON COLUMN family.handle_hash IS 'SHA-256 of the handle that all refresh tokens of this family carry.';
COMMENT ON COLUMN family.generation IS 'Number of the current refresh token; the first is 1.';
COMMENT ON COLUMN family.rotations IS 'When the latest rotations happened, newest first, none older than the longest grace time.';
COMMENT ON COLUMN family.sealed IS 'The current refresh token and its access token, under a key derived from the previous refresh token.';
COMMENT ON COLUMN family.last_used_at IS 'Last rotation.';

CREATE TABLE ended_key (
    key_hash   bytea PRIMARY KEY,
    kind       text NOT NULL,
    ended_at   timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT ended_key_kind_is_known CHECK (kind IN ('access_token', 'session'))
);
CREATE INDEX ended_key_by_expiry ON ended_key (expires_at);
COMMENT ON TABLE ended_key IS 'Access tokens and sessions ended one by one: should Redis come back with older data, the sweep strikes them again.';
COMMENT ON COLUMN ended_key.expires_at IS 'When it would have been over anyway.';

CREATE TABLE audit_event (
    event_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT now(),
    action     text NOT NULL,
    actor_id   text,
    user_id    text,
    client_id  text,
    address    text,
    details    jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT audit_action_is_a_word CHECK (action ~ '^[a-z_]+\.[a-z_]+$')
);
CREATE INDEX audit_event_by_user ON audit_event (user_id, event_id DESC);
CREATE INDEX audit_event_by_client ON audit_event (client_id, event_id DESC);
CREATE INDEX audit_event_by_actor ON audit_event (actor_id, event_id DESC);
CREATE INDEX audit_event_by_action ON audit_event (action, event_id DESC);
CREATE INDEX audit_event_by_age ON audit_event (at);
COMMENT ON TABLE audit_event IS 'Who did what to whom; no secret, no token, no address line with a query ever comes in here.';
COMMENT ON COLUMN audit_event.actor_id IS 'The user who did it; nothing when a client, the command line or the server itself did.';
COMMENT ON COLUMN audit_event.user_id IS 'The user it happened to. No foreign key: the log outlives what it speaks of.';
