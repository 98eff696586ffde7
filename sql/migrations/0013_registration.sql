-- Clients can register themselves (RFC 7591), within the scopes and redirect URIs that administrators open for that.

ALTER TABLE scope ADD COLUMN for_self_registered boolean NOT NULL DEFAULT false;
UPDATE scope SET for_self_registered = NOT is_sensitive;
COMMENT ON COLUMN scope.for_self_registered IS 'Clients that register themselves may have it, and do if they name no scope.';

ALTER TABLE client
    ADD COLUMN software_id text,
    ADD COLUMN software_version text,
    ADD CONSTRAINT client_software_is_bounded CHECK (length(software_id) <= 200 AND length(software_version) <= 200);
COMMENT ON COLUMN client.software_id IS 'What a self-registered client said of its software (RFC 7591 §2).';
COMMENT ON COLUMN client.software_version IS 'What a self-registered client said of its software (RFC 7591 §2).';

CREATE INDEX client_never_used ON client (created_at, client_id)
    WHERE registered_by = 'registration' AND used_on IS NULL AND deleted_at IS NULL;
CREATE INDEX client_by_last_use ON client (used_on, client_id)
    WHERE registered_by <> 'person' AND used_on IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX client_by_deletion ON client (deleted_at, client_id)
    WHERE registered_by <> 'person' AND deleted_at IS NOT NULL;

CREATE TABLE registration_token (
    token_id     bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name         text NOT NULL,
    token_hash   bytea NOT NULL UNIQUE,
    hint         text NOT NULL,
    approves     boolean NOT NULL,
    made_by      text REFERENCES "user" (user_id),
    made_at      timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    clients      bigint NOT NULL DEFAULT 0,
    last_used_at timestamptz,
    CONSTRAINT registration_token_name_is_bounded CHECK (length(name) BETWEEN 1 AND 80),
    CONSTRAINT registration_token_hint_is_short CHECK (length(hint) = 4)
);
COMMENT ON TABLE registration_token IS 'Initial access tokens (RFC 7591 §1.2), with which clients may register; a revoked one is deleted.';
COMMENT ON COLUMN registration_token.name IS 'Whom it was given to, for administrators.';
COMMENT ON COLUMN registration_token.hint IS 'The last four characters, to tell tokens apart.';
COMMENT ON COLUMN registration_token.approves IS 'Where apps are reviewed: clients that register with it are approved.';
COMMENT ON COLUMN registration_token.made_by IS 'Empty: the command line.';
COMMENT ON COLUMN registration_token.clients IS 'How many registered with it.';

CREATE TABLE listed_redirect_uri (
    uri text PRIMARY KEY,
    CONSTRAINT listed_redirect_uri_is_bounded CHECK (length(uri) <= 2000)
);
COMMENT ON TABLE listed_redirect_uri IS 'Whole redirect URIs with a scheme without a dot, which public clients may register.';
INSERT INTO listed_redirect_uri (uri) VALUES ('cursor://anysphere.cursor-mcp/oauth/callback');

CREATE FUNCTION redirect_host(uri text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT lower(CASE
        WHEN uri LIKE 'https://%' THEN regexp_replace(substring(uri FROM '^https://([^/?#]*)'), ':443$', '')
        WHEN uri LIKE 'http://%' THEN substring(uri FROM '^http://(\[[^\]]*\]|[^:/?#]*)')
        ELSE substring(uri FROM '^([^:]*):')
    END)
$$;

CREATE VIEW client_host AS
SELECT client.client_id, redirect_host(uri) AS host
FROM client
CROSS JOIN unnest(client.redirect_uris) AS uri
WHERE client.registered_by <> 'person' AND client.deleted_at IS NULL
UNION
SELECT client_id, redirect_host(document_url)
FROM client
WHERE document_url IS NOT NULL AND deleted_at IS NULL;
COMMENT ON VIEW client_host IS 'Where self-registered clients get their codes, as oauth.redirect_uris.consent_host writes it, and where their documents are.';

CREATE TABLE host_removal (
    host     text PRIMARY KEY,
    asked_by text REFERENCES "user" (user_id),
    began_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE host_removal IS 'Hosts whose self-registered clients, as far as they registered before began_at, are being deleted; a finished one is gone.';
