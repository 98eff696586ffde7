-- A client may authenticate in several ways, use the grants it is allowed, and come without a person who registered it.

ALTER TABLE client
    ADD COLUMN grant_types text[] NOT NULL DEFAULT '{authorization_code,refresh_token}',
    ADD COLUMN authentication_methods text[],
    ADD COLUMN jwks jsonb,
    ADD COLUMN jwks_uri text,
    ADD COLUMN registered_by text NOT NULL DEFAULT 'person',
    ADD COLUMN document_url text,
    ADD COLUMN keeps_successor boolean NOT NULL DEFAULT false,
    ADD COLUMN access_ttl integer,
    ADD COLUMN refresh_ttl integer,
    ADD COLUMN used_on date,
    ADD CONSTRAINT client_registered_by_is_known CHECK (registered_by IN ('person', 'registration', 'document')),
    ADD CONSTRAINT client_without_person_has_no_owner CHECK (registered_by = 'person' OR owner_id IS NULL),
    ADD CONSTRAINT client_has_document_url CHECK ((registered_by = 'document') = (document_url IS NOT NULL)),
    ADD CONSTRAINT client_has_one_source_of_keys CHECK (jwks IS NULL OR jwks_uri IS NULL),
    ADD CONSTRAINT client_lifetimes_are_positive CHECK (access_ttl > 0 AND refresh_ttl > 0);
UPDATE client
SET authentication_methods = CASE type WHEN 'public' THEN '{none}'::text[]
                                       ELSE '{client_secret_basic,client_secret_post}' END;
ALTER TABLE client
    ALTER COLUMN authentication_methods SET NOT NULL,
    ADD CONSTRAINT client_is_public_without_authentication CHECK ((type = 'public') = ('none' = ANY (authentication_methods)));
CREATE UNIQUE INDEX client_document_url_is_unique ON client (document_url) WHERE deleted_at IS NULL;

CREATE OR REPLACE VIEW client_overview AS
SELECT client.client_id, client.name, client.description, client.home_page, client.type, client.redirect_uris,
       client.scopes, client.optional_scopes, client.skips_pkce, client.calls_per_hour, client.grant_share_percent,
       client.token_requests_per_minute, client.epoch, client.created_at, client.changed_at, client.approved_at,
       client.suspended_at, client.suspend_reason, client.verified_at, client.tokens_revoked_at, client.deleted_at,
       client.approved_at IS NOT NULL AS approved, client.suspended_at IS NOT NULL AS suspended,
       client.verified_at IS NOT NULL AS verified,
       ARRAY(SELECT scope.scope FROM scope WHERE scope.scope = ANY (client.scopes) ORDER BY scope.position)
           AS sorted_scopes,
       client.owner_id, owner.name AS owner_name, owner.email AS owner_email, owner.created_at AS owner_since,
       owner.disabled_at AS owner_disabled_at, client.owner_disabled, client_logo.version AS logo_version,
       (SELECT count(*) FROM "grant"
        WHERE "grant".client_id = client.client_id AND "grant".ended_at IS NULL
          AND "grant".epoch = client.epoch) AS users,
       client.grant_types, client.authentication_methods, client.jwks, client.jwks_uri, client.registered_by,
       client.document_url, client.keeps_successor, client.access_ttl, client.refresh_ttl, client.used_on
FROM client
LEFT JOIN "user" AS owner ON owner.user_id = client.owner_id
LEFT JOIN client_logo ON client_logo.client_id = client.client_id;

COMMENT ON COLUMN client.grant_types IS 'The grants it may use, by their registered names (RFC 7591).';
COMMENT ON COLUMN client.authentication_methods IS 'How it may authenticate, by the registered names; with none among them it is public and has no secret.';
COMMENT ON COLUMN client.jwks IS 'Its public keys (RFC 7517), for private_key_jwt.';
COMMENT ON COLUMN client.jwks_uri IS 'Where its public keys are.';
COMMENT ON COLUMN client.registered_by IS 'person: in the portal or on the command line; registration: RFC 7591; document: a client ID metadata document.';
COMMENT ON COLUMN client.document_url IS 'The address of its client ID metadata document, which is its client_id in requests.';
COMMENT ON COLUMN client.keeps_successor IS 'A refresh token''s successor stays available until its first use, not only for the grace time.';
COMMENT ON COLUMN client.access_ttl IS 'Seconds, at most the server''s; empty: the server''s.';
COMMENT ON COLUMN client.refresh_ttl IS 'Seconds, at most the server''s; empty: the server''s.';
COMMENT ON COLUMN client.used_on IS 'The last day on which it got a token; a self-registered client that is not used is deleted.';
