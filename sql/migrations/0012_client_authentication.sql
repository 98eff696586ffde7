-- A client's ways to authenticate go together, and a family that began with a credential is refreshed only with one.

ALTER TABLE client
    ADD COLUMN allows_endpoint_audience boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT client_has_authentication_method CHECK (cardinality(authentication_methods) > 0),
    ADD CONSTRAINT client_without_authentication_has_no_secret
        CHECK ('none' <> ALL (authentication_methods)
               OR NOT authentication_methods && '{client_secret_basic,client_secret_post}'),
    ADD CONSTRAINT client_has_keys_for_its_assertions
        CHECK ('private_key_jwt' <> ALL (authentication_methods) OR jwks IS NOT NULL OR jwks_uri IS NOT NULL);
ALTER TABLE family ADD COLUMN credential_bound boolean NOT NULL DEFAULT false;

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
       client.document_url, client.keeps_successor, client.access_ttl, client.refresh_ttl, client.used_on,
       client.allows_endpoint_audience
FROM client
LEFT JOIN "user" AS owner ON owner.user_id = client.owner_id
LEFT JOIN client_logo ON client_logo.client_id = client.client_id;

COMMENT ON COLUMN client.allows_endpoint_audience IS 'Its assertions may name the token endpoint instead of the issuer as their audience.';
COMMENT ON COLUMN family.credential_bound IS 'The client authenticated with a credential when it exchanged the code, so each refresh needs one.';
