-- Pages stay fast however large the tables are: exact counts up to 10,000, beyond that figures that housekeeping counts;
-- finished days are counted once.

CREATE TABLE figure (
    name       text NOT NULL,
    subject    text NOT NULL DEFAULT '',
    value      bigint NOT NULL,
    counted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (name, subject)
);
COMMENT ON TABLE figure IS 'Counts above 10,000, once a day; up to there pages count themselves.';
COMMENT ON COLUMN figure.subject IS 'What was counted for: a client, a scope; empty for all.';

CREATE FUNCTION shown_count(counted bigint, figure_name text, figure_subject text DEFAULT '') RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN counted <= 10000 THEN counted
                ELSE greatest(10001, (SELECT value FROM figure WHERE name = figure_name AND subject = figure_subject))
           END
$$;
COMMENT ON FUNCTION shown_count IS 'A count that stopped at 10,001: itself up to 10,000; above, the figure of the day, or 10,001 while there is none.';

CREATE TABLE day_count (
    day      date PRIMARY KEY,
    calls    bigint NOT NULL,
    refusals bigint NOT NULL,
    users    bigint NOT NULL,
    grants   bigint NOT NULL
);
COMMENT ON TABLE day_count IS 'Days in UTC that ended more than a day ago: calls of all clients, new users, new grants. Later ones are counted by the page.';

-- The newest users of a client, and how many came since a day, without reading all of them.
CREATE INDEX grant_by_client_and_age ON "grant" (client_id, created_at DESC);
DROP INDEX grant_by_client;

-- Searches: addresses and names by their beginning, and the few that are disabled or suspended.
CREATE INDEX user_by_email ON "user" (lower(email) COLLATE "C");
CREATE INDEX user_by_name ON "user" (lower(name) COLLATE "C");
CREATE INDEX user_disabled ON "user" (created_at DESC, user_id) WHERE disabled_at IS NOT NULL;
CREATE INDEX client_by_name ON client (lower(name));
CREATE INDEX client_suspended ON client (created_at DESC, client_id) WHERE suspended_at IS NOT NULL AND deleted_at IS NULL;

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
                                            AND "grant".epoch = client.epoch
                                          LIMIT 10001) AS part), 'client_users', client.client_id) AS users,
       client.grant_types, client.authentication_methods, client.jwks, client.jwks_uri, client.registered_by,
       client.document_url, client.keeps_successor, client.access_ttl, client.refresh_ttl, client.used_on,
       client.allows_endpoint_audience
FROM client
LEFT JOIN "user" AS owner ON owner.user_id = client.owner_id
LEFT JOIN client_logo ON client_logo.client_id = client.client_id;
COMMENT ON VIEW client_overview IS 'Clients, deleted ones too, with owner, logo, and how many use them (shown_count); what is not selected costs nothing.';

CREATE VIEW audit_line AS
SELECT event.event_id, event.at, event.action, event.address, event.details,
       event.actor_id, actor.email AS actor_email, event.user_id, affected.email AS user_email,
       event.client_id, coalesce(client.name, api.name) AS client_name, api.client_id IS NOT NULL AS is_api,
       coalesce(client.deleted_at, api.deleted_at) IS NOT NULL AS is_deleted
FROM audit_event AS event
LEFT JOIN "user" AS actor ON actor.user_id = event.actor_id
LEFT JOIN "user" AS affected ON affected.user_id = event.user_id
LEFT JOIN client ON client.client_id = event.client_id
LEFT JOIN api ON api.client_id = event.client_id;
COMMENT ON VIEW audit_line IS 'Events with the names of today of what they are about.';
