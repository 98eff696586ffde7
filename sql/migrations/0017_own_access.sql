-- Own access: what a client may do for itself, without a user (RFC 6749 §4.4).

ALTER TABLE client
    ADD COLUMN own_scopes text[] NOT NULL DEFAULT '{}',
    ADD COLUMN own_resources text[] NOT NULL DEFAULT '{}',
    ADD COLUMN opened_scopes text[] NOT NULL DEFAULT '{}',
    ADD COLUMN opened_resources text[] NOT NULL DEFAULT '{}',
    ADD CONSTRAINT client_own_access_is_opened CHECK (own_scopes <@ opened_scopes AND own_resources <@ opened_resources),
    ADD CONSTRAINT client_own_access_needs_a_secret_and_an_owner
        CHECK ('client_credentials' <> ALL (grant_types) OR (type = 'confidential' AND registered_by = 'person'));
COMMENT ON COLUMN client.own_scopes IS 'What it may do for itself; nothing until an administrator opens it.';
COMMENT ON COLUMN client.own_resources IS 'The APIs that its own tokens are for; none: they name no API.';
COMMENT ON COLUMN client.opened_scopes IS 'What administrators opened, within which its owner chooses own_scopes.';
COMMENT ON COLUMN client.opened_resources IS 'What administrators opened, within which its owner chooses own_resources.';

ALTER TABLE family
    ADD COLUMN own_key bytea,
    ALTER COLUMN code_hash DROP NOT NULL,
    ALTER COLUMN handle_hash DROP NOT NULL,
    ALTER COLUMN current_hash DROP NOT NULL,
    ADD CONSTRAINT family_of_a_user_has_a_code_and_a_refresh_token
        CHECK (self_granted OR (code_hash IS NOT NULL AND handle_hash IS NOT NULL AND current_hash IS NOT NULL)),
    ADD CONSTRAINT family_of_its_own_has_a_key CHECK (self_granted = (own_key IS NOT NULL));
CREATE UNIQUE INDEX family_own_is_unique ON family (client_id, epoch, own_key)
    WHERE own_key IS NOT NULL AND ended_at IS NULL;
COMMENT ON COLUMN family.own_key IS 'Without a user: SHA-256 of its scopes and resources, by which the next request for the same finds it.';

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
       shown_count((SELECT count(*) FROM (SELECT FROM "grant"
                                          WHERE "grant".client_id = client.client_id AND "grant".ended_at IS NULL
                                            AND "grant".epoch = client.epoch AND NOT "grant".self_granted
                                          LIMIT 10001) AS part), 'client_users', client.client_id) AS users,
       client.grant_types, client.authentication_methods, client.jwks, client.jwks_uri, client.registered_by,
       client.document_url, client.keeps_successor, client.access_ttl, client.refresh_ttl, client.used_on,
       client.allows_endpoint_audience,
       ARRAY(SELECT scope.scope FROM scope WHERE scope.scope = ANY (client.own_scopes) ORDER BY scope.position)
           AS own_scopes,
       client.own_resources,
       ARRAY(SELECT scope.scope FROM scope WHERE scope.scope = ANY (client.opened_scopes) ORDER BY scope.position)
           AS opened_scopes,
       client.opened_resources
FROM client
LEFT JOIN "user" AS owner ON owner.user_id = client.owner_id
LEFT JOIN client_logo ON client_logo.client_id = client.client_id;
