-- A page that counts users of many clients counts up to 1,000 of each, and days are found by an index.

CREATE FUNCTION shown_count(most bigint, counted bigint, figure_name text, figure_subject text DEFAULT '') RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN counted <= most THEN counted
                ELSE greatest(most + 1, (SELECT value FROM figure WHERE name = figure_name AND subject = figure_subject))
           END
$$;
COMMENT ON FUNCTION shown_count(bigint, bigint, text, text) IS 'A count that stopped one above `most`: itself up to there; above, the figure of the day, or most + 1 while there is none.';
COMMENT ON TABLE figure IS 'Large counts, once a day; small ones are counted by the page itself.';

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
       shown_count(1000, (SELECT count(*) FROM (SELECT FROM "grant"
                                          WHERE "grant".client_id = client.client_id AND "grant".ended_at IS NULL
                                            AND "grant".epoch = client.epoch AND NOT "grant".self_granted
                                          LIMIT 1001) AS part), 'client_users', client.client_id) AS users,
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

DROP FUNCTION shown_count(bigint, text, text);

-- BRIN finds a day among five million in a quarter of a second; a rotation or a use changes no created_at.
DROP INDEX grant_by_age;
CREATE INDEX grant_by_age ON "grant" (created_at);

-- With all that the count of a client's users reads, so that it need not look at the rows.
DROP INDEX grant_active_by_epoch;
CREATE INDEX grant_active_by_epoch ON "grant" (client_id, epoch) INCLUDE (self_granted) WHERE ended_at IS NULL;
DROP INDEX family_active_by_epoch;
CREATE INDEX family_active_by_epoch ON family (client_id, epoch) INCLUDE (self_granted) WHERE ended_at IS NULL;
