-- What the pages show and ask: scopes that stand out or can be left out, logos, teams, refused requests, from where.

ALTER TABLE scope
    ADD COLUMN is_sensitive boolean NOT NULL DEFAULT false,
    ADD COLUMN retired_at timestamptz;
COMMENT ON COLUMN scope.is_sensitive IS 'It stands out on the consent page.';
COMMENT ON COLUMN scope.retired_at IS 'Since then no app gets it any more; those that have it go on as before.';
UPDATE scope SET is_sensitive = true WHERE scope = 'read:billing';

ALTER TABLE client
    ADD COLUMN optional_scopes text[] NOT NULL DEFAULT '{}',
    ADD COLUMN verified_at timestamptz,
    ADD COLUMN suspend_reason text NOT NULL DEFAULT '',
    ADD CONSTRAINT client_optional_scopes_are_its_own CHECK (optional_scopes <@ scopes),
    ADD CONSTRAINT client_has_a_required_scope CHECK (NOT optional_scopes @> scopes),
    ADD CONSTRAINT client_suspend_reason_is_bounded CHECK (length(suspend_reason) <= 500);
COMMENT ON COLUMN client.optional_scopes IS 'Those of its scopes that a user may leave out.';
COMMENT ON COLUMN client.verified_at IS 'An administrator knows who makes this app; a change of what users know it by clears it.';
COMMENT ON COLUMN client.suspend_reason IS 'Told to its developers; empty where none was given.';

ALTER TABLE consent ADD COLUMN declined text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN consent.declined IS 'Optional scopes that the user left out: not asked for again by themselves.';

CREATE TABLE client_logo (
    client_id  text PRIMARY KEY REFERENCES client (client_id) ON DELETE CASCADE,
    content    bytea NOT NULL,
    version    text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT client_logo_is_small CHECK (length(content) <= 65536)
);
COMMENT ON TABLE client_logo IS 'A small PNG, drawn anew from what was uploaded.';
COMMENT ON COLUMN client_logo.version IS 'Of its content: another content has another address.';

CREATE TABLE client_member (
    client_id   text NOT NULL REFERENCES client (client_id) ON DELETE CASCADE,
    user_id     text NOT NULL REFERENCES "user" (user_id),
    invited_by  text NOT NULL,
    invited_at  timestamptz NOT NULL DEFAULT now(),
    accepted_at timestamptz,
    PRIMARY KEY (client_id, user_id)
);
CREATE INDEX client_member_by_user ON client_member (user_id, client_id);
COMMENT ON TABLE client_member IS 'Who develops an app besides its owner; an invitation until it is accepted.';

ALTER TABLE family
    ADD COLUMN browser text NOT NULL DEFAULT '',
    ADD COLUMN address text;
COMMENT ON COLUMN family.browser IS 'The browser in which the user allowed it, as "Firefox on Windows".';
COMMENT ON COLUMN family.address IS 'Who exchanged the code.';

CREATE TABLE refusal (
    refusal_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id  text NOT NULL REFERENCES client (client_id) ON DELETE CASCADE,
    is_proved  boolean NOT NULL,
    endpoint   text NOT NULL,
    problem    text NOT NULL,
    sent       text NOT NULL DEFAULT '',
    user_id    text,
    address    text,
    count      bigint NOT NULL DEFAULT 1,
    first_at   timestamptz NOT NULL,
    last_at    timestamptz NOT NULL,
    CONSTRAINT refusal_problem_is_a_word CHECK (problem ~ '^[a-z_]{1,60}$'),
    CONSTRAINT refusal_sent_is_bounded CHECK (length(sent) <= 500)
);
CREATE UNIQUE INDEX refusal_of_strangers ON refusal (client_id, endpoint, problem, sent, (coalesce(user_id, '')))
    WHERE NOT is_proved;
CREATE INDEX refusal_by_client ON refusal (client_id, is_proved, last_at DESC, refusal_id DESC);
CREATE INDEX refusal_by_age ON refusal (last_at);
COMMENT ON TABLE refusal IS 'Requests of an app, or in its name, that were refused; those of unknown senders are grouped.';
COMMENT ON COLUMN refusal.is_proved IS 'The app proved itself first, by its credentials or by a token of its own.';
COMMENT ON COLUMN refusal.problem IS 'What was wrong: a name of oauthsrv/oauth/problems.py.';
COMMENT ON COLUMN refusal.sent IS 'What was sent wrongly, where it can be no secret: a redirect URI, scopes, a resource.';
COMMENT ON COLUMN refusal.user_id IS 'The developer of the app whose own signed-in browser sent it.';
COMMENT ON COLUMN refusal.address IS 'Whole only where it is the app''s own server or the developer''s; else the network alone.';
