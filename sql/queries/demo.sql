-- name: lock_users#
-- Nobody signs up between the question whether there are others and the writing.
LOCK TABLE "user" IN SHARE ROW EXCLUSIVE MODE;

-- name: somebody_else(emails)$
-- Whether there is anybody whose e-mail, in small letters, is none of these.
SELECT EXISTS (SELECT FROM "user" WHERE lower(email) <> ALL (:emails::text[]));

-- name: set_password(password_hash, emails)!
-- Whoever was signed in with the old one is signed out.
UPDATE "user"
SET password_hash = :password_hash, sessions_ended_at = clock_timestamp()
WHERE lower(email) = ANY (:emails::text[]);

-- name: add_users(records)!
INSERT INTO "user" (user_id, subject, email, name, password_hash, is_admin, created_at, disabled_at)
SELECT user_id, subject, email, name, password_hash, is_admin, created_at, disabled_at
FROM jsonb_populate_recordset(NULL::"user", :records);

-- name: add_scopes(records)!
INSERT INTO scope (scope, description, position, is_sensitive, retired_at)
SELECT scope, description, position, is_sensitive, retired_at
FROM jsonb_populate_recordset(NULL::scope, :records)
ON CONFLICT DO NOTHING;

-- name: add_clients(records)!
INSERT INTO client (client_id, name, description, home_page, type, redirect_uris, scopes, optional_scopes, skips_pkce,
                    rate_limit_per_hour, grant_share_percent, owner_id, approved_at, verified_at, suspended_at,
                    suspend_reason, created_at, deleted_at)
SELECT client_id, name, description, home_page, type, redirect_uris, scopes, optional_scopes, skips_pkce,
       rate_limit_per_hour, grant_share_percent, owner_id, approved_at, verified_at, suspended_at,
       suspend_reason, created_at, deleted_at
FROM jsonb_populate_recordset(NULL::client, :records);

-- name: add_logos(records)!
INSERT INTO client_logo (client_id, content, version)
SELECT client_id, content, version
FROM jsonb_populate_recordset(NULL::client_logo, :records);

-- name: add_members(records)!
INSERT INTO client_member (client_id, user_id, invited_by, invited_at, accepted_at)
SELECT client_id, user_id, invited_by, invited_at, accepted_at
FROM jsonb_populate_recordset(NULL::client_member, :records);

-- name: add_links(records)!
INSERT INTO one_time_link (link_hash, purpose, client_id, email, made_by, made_at, expires_at)
SELECT link_hash, purpose, client_id, email, made_by, made_at, expires_at
FROM jsonb_populate_recordset(NULL::one_time_link, :records);

-- name: add_proposals(records)!
INSERT INTO client_proposal (client_id, name, home_page, redirect_uris, scopes, optional_scopes, skips_pkce,
                             proposed_by, proposed_at)
SELECT client_id, name, home_page, redirect_uris, scopes, optional_scopes, skips_pkce, proposed_by, proposed_at
FROM jsonb_populate_recordset(NULL::client_proposal, :records);

-- name: add_secrets(records)!
INSERT INTO client_secret (secret_hash, client_id, hint, created_at, last_used_at, last_used_from)
SELECT secret_hash, client_id, hint, created_at, last_used_at, last_used_from
FROM jsonb_populate_recordset(NULL::client_secret, :records);

-- name: add_apis(records)!
-- One that was registered by the command line before keeps its address.
INSERT INTO api (client_id, name, resource, scopes, secret_hash, created_at)
SELECT client_id, name, resource, scopes, secret_hash, created_at
FROM jsonb_populate_recordset(NULL::api, :records)
ON CONFLICT DO NOTHING;

-- name: add_grants(records)!
INSERT INTO "grant" (grant_id, user_id, client_id, scopes, created_at, last_used_at, last_used_from, ended_at,
                     end_reason)
SELECT grant_id, user_id, client_id, scopes, created_at, last_used_at, last_used_from, ended_at, end_reason
FROM jsonb_populate_recordset(NULL::"grant", :records);

-- name: add_consents(records)!
INSERT INTO consent (grant_id, redirect_host, resources, scopes, declined, given_at)
SELECT grant_id, redirect_host, resources, scopes, declined, given_at
FROM jsonb_populate_recordset(NULL::consent, :records);

-- name: add_families(records)!
INSERT INTO family (family_id, grant_id, client_id, subject, scopes, resources, code_hash, handle_hash, current_hash,
                    generation, browser, address, created_at, last_used_at, expires_at, ended_at, end_reason)
SELECT family_id, grant_id, client_id, subject, scopes, resources, code_hash, handle_hash, current_hash,
       generation, browser, address, created_at, last_used_at, expires_at, ended_at, end_reason
FROM jsonb_populate_recordset(NULL::family, :records);

-- name: add_usage(records)!
INSERT INTO usage (client_id, hour, calls, refusals)
SELECT client_id, hour, calls, refusals
FROM jsonb_populate_recordset(NULL::usage, :records);

-- name: add_refusals(records)!
INSERT INTO refusal (client_id, is_proved, endpoint, problem, sent, user_id, address, count, first_at, last_at)
SELECT client_id, is_proved, endpoint, problem, sent, user_id, address, count, first_at, last_at
FROM jsonb_populate_recordset(NULL::refusal, :records)
ORDER BY last_at;

-- name: add_events(records)!
INSERT INTO audit_event (at, action, actor_id, user_id, client_id, address, details)
SELECT at, action, actor_id, user_id, client_id, address, details
FROM jsonb_populate_recordset(NULL::audit_event, :records)
ORDER BY at;
