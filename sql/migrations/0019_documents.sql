-- Clients that are described by a document on a server of their own, and hosts whose clients are blocked.

CREATE TABLE document_host (
    host     text PRIMARY KEY,
    added_by text REFERENCES "user" (user_id),
    added_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT document_host_is_bounded CHECK (length(host) BETWEEN 1 AND 255)
);
COMMENT ON TABLE document_host IS 'Where the metadata documents of clients may be, if OAUTHSRV_CLIENT_DOCUMENTS is listed.';
COMMENT ON COLUMN document_host.added_by IS 'Empty: it is listed at first.';
INSERT INTO document_host (host) VALUES ('chatgpt.com'), ('claude.ai'), ('claude.com'), ('vscode.dev');

CREATE TABLE blocked_host (
    host       text PRIMARY KEY,
    blocked_by text REFERENCES "user" (user_id),
    blocked_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT blocked_host_is_bounded CHECK (length(host) BETWEEN 1 AND 255)
);
COMMENT ON TABLE blocked_host IS 'Self-registered clients with a document or a redirect URI there, or at a host below it, are suspended.';

CREATE TABLE client_document (
    client_id   text PRIMARY KEY REFERENCES client (client_id) ON DELETE CASCADE,
    fetched_at  timestamptz NOT NULL DEFAULT now(),
    fresh_until timestamptz NOT NULL,
    failed_at   timestamptz,
    failure     text,
    CONSTRAINT client_document_failed_for_a_reason CHECK ((failed_at IS NULL) = (failure IS NULL))
);
CREATE INDEX client_document_by_freshness ON client_document (fresh_until);
COMMENT ON TABLE client_document IS 'When the document of a client was last fetched; what it said is in the client''s row.';
COMMENT ON COLUMN client_document.fresh_until IS 'After this it is fetched again, as long as the client has connections.';
COMMENT ON COLUMN client_document.failed_at IS 'Since then it could not be fetched or was not valid.';

CREATE FUNCTION is_at_host(host text, above text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN above LIKE '%.%' THEN '.' || regexp_replace(host, ':[0-9]+$', '') LIKE '%.' || above
                ELSE regexp_replace(host, ':[0-9]+$', '') = above END
$$;

CREATE VIEW blocked_client AS
SELECT client_host.client_id, min(blocked_host.host) AS host
FROM client_host
JOIN blocked_host ON is_at_host(client_host.host, blocked_host.host)
GROUP BY client_host.client_id;
COMMENT ON VIEW blocked_client IS 'Self-registered clients that are blocked, and the host that they are blocked for.';

CREATE OR REPLACE VIEW client_overview AS
SELECT client.client_id, client.name, client.description, client.home_page, client.type, client.redirect_uris,
       client.scopes, client.optional_scopes, client.skips_pkce, client.calls_per_hour, client.grant_share_percent,
       client.token_requests_per_minute, client.epoch, client.created_at, client.changed_at, client.approved_at,
       client.suspended_at, client.suspend_reason, client.verified_at, client.tokens_revoked_at, client.deleted_at,
       client.approved_at IS NOT NULL AS approved,
       client.suspended_at IS NOT NULL
           OR (client.registered_by <> 'person'
               AND (SELECT blocked_client.host FROM blocked_client
                    WHERE blocked_client.client_id = client.client_id) IS NOT NULL) AS suspended,
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
       client.opened_resources,
       (SELECT blocked_client.host FROM blocked_client
        WHERE client.registered_by <> 'person' AND blocked_client.client_id = client.client_id) AS blocked_host,
       CASE WHEN client.registered_by <> 'person'
            THEN redirect_host(coalesce(client.document_url, client.redirect_uris[1])) END AS registered_from
FROM client
LEFT JOIN "user" AS owner ON owner.user_id = client.owner_id
LEFT JOIN client_logo ON client_logo.client_id = client.client_id;
