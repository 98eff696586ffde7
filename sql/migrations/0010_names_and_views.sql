-- Columns are called what the code calls them, views say once what a client and an active grant are, and a grant or a
-- family can be without a user.

ALTER TABLE client RENAME COLUMN rate_limit_per_hour TO calls_per_hour;
ALTER TABLE client RENAME COLUMN token_limit_per_minute TO token_requests_per_minute;
ALTER TABLE client RENAME CONSTRAINT client_rate_limit_is_sane TO client_calls_per_hour_are_sane;
ALTER TABLE client RENAME CONSTRAINT client_token_limit_is_sane TO client_token_requests_per_minute_are_sane;
ALTER TABLE scope RENAME COLUMN retired_at TO deprecated_at;
ALTER TABLE refusal RENAME COLUMN is_proved TO is_authenticated;
ALTER INDEX refusal_of_strangers RENAME TO refusal_of_unknown_senders;

ALTER TABLE "grant"
    ADD COLUMN self_granted boolean NOT NULL DEFAULT false,
    ALTER COLUMN user_id DROP NOT NULL,
    ADD CONSTRAINT grant_without_user_is_self_granted CHECK ((user_id IS NULL) = self_granted);
ALTER TABLE family
    ADD COLUMN self_granted boolean NOT NULL DEFAULT false,
    ALTER COLUMN subject DROP NOT NULL,
    ADD CONSTRAINT family_without_subject_is_self_granted CHECK ((subject IS NULL) = self_granted);
COMMENT ON COLUMN "grant".self_granted IS 'It has no user: the client acts for itself (RFC 6749 §4.4).';
COMMENT ON COLUMN family.self_granted IS 'Its grant''s.';
DROP INDEX grant_living_is_unique;
CREATE UNIQUE INDEX grant_active_is_unique ON "grant" (user_id, client_id) NULLS NOT DISTINCT WHERE ended_at IS NULL;

CREATE VIEW active_grant AS
SELECT "grant".grant_id, "grant".user_id, "grant".client_id, "grant".epoch, "grant".scopes, "grant".created_at,
       "grant".last_used_at
FROM "grant"
JOIN client ON client.client_id = "grant".client_id AND client.epoch = "grant".epoch
WHERE "grant".ended_at IS NULL;
COMMENT ON VIEW active_grant IS 'Grants that were not revoked, neither by themselves nor with all others of their client.';

CREATE VIEW client_overview AS
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
          AND "grant".epoch = client.epoch) AS users
FROM client
LEFT JOIN "user" AS owner ON owner.user_id = client.owner_id
LEFT JOIN client_logo ON client_logo.client_id = client.client_id;
COMMENT ON VIEW client_overview IS 'Clients, deleted ones too, with owner, logo, and how many use them; what is not selected costs nothing.';

COMMENT ON COLUMN installation.browser_key IS 'Signs the cookie of a browser that has signed in before.';
COMMENT ON COLUMN "user".subject IS 'Its sub at clients and APIs.';
COMMENT ON COLUMN scope.deprecated_at IS 'Since then no app is given it; apps that have it keep it.';
COMMENT ON TABLE client IS 'What registered (pages say app); its type never changes.';
COMMENT ON COLUMN client.skips_pkce IS 'Its owner marked this confidential client as unable to do PKCE.';
COMMENT ON COLUMN client.suspended_at IS 'While it is set, no token of the client works.';
COMMENT ON COLUMN client.changed_at IS 'Last change of anything a process may keep of it; the sweep deletes the stamps of recent ones.';
COMMENT ON COLUMN client.deleted_at IS 'Deleted for good; the row stays for the names in the audit log.';
COMMENT ON COLUMN client.calls_per_hour IS 'How many calls at APIs all its users together may make in an hour.';
COMMENT ON COLUMN client.token_requests_per_minute IS 'How many requests to the token endpoint it may make in a minute, once it is authenticated.';
COMMENT ON COLUMN client.grant_share_percent IS 'What one user may use of calls_per_hour. Empty: the default share, which counts while a second user is active; 100: all of it.';
COMMENT ON COLUMN client.verified_at IS 'When an administrator verified who makes this app; a change of what users know it by clears it.';
COMMENT ON COLUMN client.suspend_reason IS 'Shown to its developers; empty where none was given.';
COMMENT ON TABLE client_secret IS 'The secrets of a client, two at most.';
COMMENT ON TABLE client_logo IS 'A small PNG, re-encoded from what was uploaded.';
COMMENT ON COLUMN client_logo.version IS 'Made from its content, and part of its URL: new content has a new URL.';
COMMENT ON COLUMN api.deleted_at IS 'Deleted for good; the row stays for the sweep and for the names in the audit log.';
COMMENT ON TABLE "grant" IS 'What one user allowed one client, or what a client may do for itself. One that ended is never reopened.';
COMMENT ON COLUMN "grant".last_used_from IS 'The address the call came from, if the API or its proxy reported it.';
COMMENT ON TABLE consent IS 'What a user allowed: scopes, for these resources, returned to this host.';
COMMENT ON COLUMN family.address IS 'The address that exchanged the code.';
COMMENT ON TABLE ended_key IS 'Access tokens and sessions that were ended one by one: should Redis come back with older data, the sweep deletes them again.';
COMMENT ON COLUMN ended_key.expires_at IS 'When it would have expired anyway.';
COMMENT ON COLUMN one_time_link.email IS 'The address an invitation is meant for, as its inviter typed it: it proves nothing.';
COMMENT ON TABLE usage IS 'Calls at APIs by client and hour: successful ones, and those refused for their scope or the limit.';
COMMENT ON COLUMN refusal.is_authenticated IS 'The app was authenticated first, by its credentials or by a token of its own.';
COMMENT ON COLUMN refusal.sent IS 'The wrong value, where it can be no secret: a redirect URI, scopes, a resource.';
COMMENT ON COLUMN revocation.began_at IS 'Grants given later are not affected.';
COMMENT ON TABLE audit_event IS 'Who did what to which user or client; never a secret, a token, or a URL with a query.';
COMMENT ON COLUMN audit_event.user_id IS 'The user it affected. No foreign key: the log outlives users and clients.';
