-- The tables client, client_secret and client_logo. Secrets and logo change only while their client is locked (lock);
-- secrets of an API while that is (apis.lock).

-- name: find(client_id)^
-- Everything that a process caches of a client.
SELECT client_id, name, type, redirect_uris, sorted_scopes AS scopes, skips_pkce, calls_per_hour, grant_share_percent,
       token_requests_per_minute, optional_scopes, verified, logo_version, owner_id, owner_name, owner_disabled, epoch,
       approved, suspended, authentication_methods, grant_types, document_url,
       jwks, jwks_uri, allows_endpoint_audience, own_scopes, own_resources, access_ttl, refresh_ttl,
       keeps_successor OR (registered_by <> 'person' AND type = 'public') AS keeps_successor,
       ARRAY(SELECT client_secret.secret_hash FROM client_secret
             WHERE client_secret.client_id = client_overview.client_id ORDER BY client_secret.created_at) AS secret_hashes
FROM client_overview
WHERE client_id = :client_id AND deleted_at IS NULL;

-- name: overview(client_id)^
-- Everything that pages show of one client.
SELECT client.client_id, client.name, client.description, client.home_page, client.type, client.redirect_uris,
       client.sorted_scopes AS scopes, client.optional_scopes, client.skips_pkce, client.keeps_successor,
       client.calls_per_hour,
       client.grant_share_percent, client.token_requests_per_minute, client.created_at, client.changed_at,
       client.suspended_at, client.suspend_reason, client.verified_at, client.verified,
       client.approved, client.suspended, client.logo_version, client.owner_id, client.owner_name, client.owner_email,
       client.owner_since, client.owner_disabled_at, client.users, client.grant_types,
       client.authentication_methods, client.jwks, client.jwks_uri, client.allows_endpoint_audience, client.document_url,
       client.blocked_host, client.registered_from, client_document.fetched_at, client_document.failed_at,
       client_document.failure,
       client.own_scopes, client.own_resources, client.opened_scopes, client.opened_resources,
       client.access_ttl, client.refresh_ttl,
       EXISTS (SELECT FROM client_proposal AS proposal
               WHERE proposal.client_id = client.client_id AND proposal.rejected_at IS NULL) AS proposed,
       revocation.connections AS to_revoke, revocation.carried_out AS revoked,
       revocation.revocation_id IS NOT NULL
           AND (revocation.connections IS NULL OR revocation.carried_out < revocation.connections) AS is_revoking
FROM client_overview AS client
LEFT JOIN revocation ON revocation.client_id = client.client_id AND revocation.finished_at IS NULL
LEFT JOIN client_document ON client_document.client_id = client.client_id
WHERE client.client_id = :client_id AND client.deleted_at IS NULL;

-- name: ids(at_most)
-- Of clients and APIs.
SELECT client_id
FROM client
WHERE deleted_at IS NULL
UNION ALL
SELECT client_id
FROM api
WHERE deleted_at IS NULL
ORDER BY client_id
LIMIT :at_most;

-- name: every(before, rows)
-- For the command line, the oldest first; `before` is the last one of the page before.
SELECT client.client_id, client.name, client.type, client.grant_types, client.scopes, client.calls_per_hour,
       client.suspended, client.approved, client.owner_email, redirect_host(client.redirect_uris[1]) AS host
FROM client_overview AS client
LEFT JOIN client AS last ON last.client_id = :before
WHERE client.deleted_at IS NULL
  AND (last.client_id IS NULL OR client.created_at > last.created_at
       OR (client.created_at = last.created_at AND client.client_id < last.client_id))
ORDER BY client.created_at, client.client_id DESC
LIMIT :rows;

-- name: count_of_owner(owner_id)$
-- How many apps a person has; a deleted one counts for a day.
SELECT count(*)
FROM client
WHERE owner_id = :owner_id AND (deleted_at IS NULL OR deleted_at > now() - interval '1 day');

-- name: has_verified(user_id)$
SELECT EXISTS (
    SELECT FROM client
    WHERE owner_id = :user_id AND verified_at IS NOT NULL AND deleted_at IS NULL
);

-- name: reputation(client_id, user_id, at_most)^
-- What the consent page shows about a client: its own description, when it was first seen here, whether the user
-- develops it, and how many other people use it, counted up to a number.
SELECT description, home_page, created_at,
       owner_id IS NOT DISTINCT FROM :user_id
       OR EXISTS (SELECT FROM client_member AS member
                  WHERE member.client_id = client.client_id AND member.user_id = :user_id) AS is_of_team,
       (SELECT count(*) FROM (SELECT FROM active_grant
                              WHERE active_grant.client_id = client.client_id AND active_grant.user_id <> :user_id
                              LIMIT :at_most) AS counted) AS others
FROM client
WHERE client_id = :client_id AND deleted_at IS NULL;

-- name: changed_between(at, after, before, seen, at_most)
-- For the incremental sweep, page by page: of the transactions from `at` to `before` those the snapshot `seen` lacks.
SELECT client_id, changed_in::text AS changed_in
FROM client
WHERE (changed_in, client_id) > (:at::xid8, :after) AND changed_in < :before::xid8
  AND NOT pg_visible_in_snapshot(changed_in, :seen::pg_snapshot)
ORDER BY client.changed_in, client_id
LIMIT :at_most;

-- name: changed_since(seconds, after, at_most)
-- For the whole sweep, page by page: clients and APIs.
SELECT client_id
FROM client
WHERE changed_at > now() - make_interval(secs => :seconds) AND client_id > :after
UNION
SELECT client_id
FROM api
WHERE changed_at > now() - make_interval(secs => :seconds) AND client_id > :after
ORDER BY client_id
LIMIT :at_most;

-- name: lock(client_id)^
-- For a change: until it commits, nothing else changes the client, and no grant is inserted.
-- Not FOR UPDATE: a family being inserted would wait for it, by its foreign key, while a revocation waits for the grant.
SELECT client.client_id, client.name, client.description, client.home_page, client.type, client.redirect_uris,
       client.scopes, client.optional_scopes, client.skips_pkce, client.keeps_successor, client.calls_per_hour,
       client.grant_share_percent, client.token_requests_per_minute, client.owner_id, client.changed_at,
       client.grant_types, client.authentication_methods, client.jwks, client.jwks_uri, client.allows_endpoint_audience,
       client.own_scopes, client.own_resources, client.opened_scopes, client.opened_resources,
       client.access_ttl, client.refresh_ttl,
       client.verified_at IS NOT NULL AS verified, client.approved_at IS NOT NULL AS approved,
       (SELECT client_logo.version FROM client_logo WHERE client_logo.client_id = client.client_id) AS logo_version
FROM client
WHERE client.client_id = :client_id AND client.deleted_at IS NULL
FOR NO KEY UPDATE;

-- name: lock_of_person(user_id)
-- The clients that a user owns or is in the team of, locked in one statement and one order.
SELECT client.client_id, client.owner_id = :user_id AS is_owned
FROM client
WHERE client.deleted_at IS NULL
  AND client.client_id IN (SELECT owned.client_id FROM client AS owned WHERE owned.owner_id = :user_id
                           UNION ALL
                           SELECT client_member.client_id FROM client_member WHERE client_member.user_id = :user_id)
ORDER BY client.client_id
LIMIT 10000
FOR NO KEY UPDATE OF client;

-- name: lock_for_grant(client_id)^
-- For a new grant: the client cannot end, nor its epoch be raised, nor its owner be disabled, before this transaction does.
SELECT client_id, epoch
FROM client
WHERE client_id = :client_id AND deleted_at IS NULL AND NOT owner_disabled
FOR SHARE;

-- name: add(client_id, name, type, grant_types, redirect_uris, scopes, owner_id, approved)$
-- The new client's id, or nothing if it exists, as the same form was sent before. `change` writes its other fields.
INSERT INTO client (client_id, name, type, grant_types, redirect_uris, scopes, owner_id, approved_at,
                    authentication_methods)
VALUES (:client_id, :name, :type, :grant_types::text[], :redirect_uris::text[], :scopes, :owner_id,
        CASE WHEN :approved THEN now() END,
        CASE :type WHEN 'public' THEN '{none}'::text[] ELSE '{client_secret_basic,client_secret_post}' END)
ON CONFLICT (client_id) DO NOTHING
RETURNING client_id;

-- name: add_registered(client_id, name, home_page, type, redirect_uris, scopes, authentication_methods, jwks, jwks_uri, software_id, software_version, approved)$
-- A client that registered itself (RFC 7591), so it has no owner; when that was.
INSERT INTO client (client_id, registered_by, name, home_page, type, redirect_uris, scopes, authentication_methods,
                    jwks, jwks_uri, software_id, software_version, approved_at)
VALUES (:client_id, 'registration', :name, :home_page, :type, :redirect_uris, :scopes, :authentication_methods,
        :jwks::jsonb, :jwks_uri, :software_id, :software_version, CASE WHEN :approved THEN now() END)
RETURNING created_at;

-- name: count_never_used()$
-- Self-registered ones that never got a token.
SELECT count(*)
FROM client
WHERE registered_by = 'registration' AND used_on IS NULL AND deleted_at IS NULL;

-- name: add_described(client_id, document_url, name, home_page, type, redirect_uris, scopes, grant_types, authentication_methods, jwks, jwks_uri)!
-- A client with a document, when a user allows it for the first time. One that was deleted comes back under its id, with
-- none of its grants and tokens, which are of an earlier epoch, and not verified: its document may have changed since. A
-- suspended one does not.
INSERT INTO client (client_id, registered_by, document_url, name, home_page, type, redirect_uris, scopes, grant_types,
                    authentication_methods, jwks, jwks_uri, approved_at, used_on)
VALUES (:client_id, 'document', :document_url, :name, :home_page, :type, :redirect_uris::text[], :scopes,
        :grant_types::text[], :authentication_methods::text[], :jwks::jsonb, :jwks_uri, now(), current_date)
ON CONFLICT (client_id) DO UPDATE
SET name = EXCLUDED.name, home_page = EXCLUDED.home_page, type = EXCLUDED.type,
    redirect_uris = EXCLUDED.redirect_uris, scopes = EXCLUDED.scopes, grant_types = EXCLUDED.grant_types,
    authentication_methods = EXCLUDED.authentication_methods, jwks = EXCLUDED.jwks, jwks_uri = EXCLUDED.jwks_uri,
    used_on = EXCLUDED.used_on, verified_at = NULL, deleted_at = NULL, changed_at = now()
WHERE client.deleted_at IS NOT NULL AND client.suspended_at IS NULL;

-- name: describe(client_id, name, home_page, redirect_uris, grant_types, stays_verified)!
-- Its document says something else now.
UPDATE client
SET name = :name, home_page = :home_page, redirect_uris = :redirect_uris::text[], grant_types = :grant_types::text[],
    verified_at = CASE WHEN :stays_verified THEN verified_at END, changed_at = now()
WHERE client_id = :client_id;

-- name: change(client_id, name, description, home_page, grant_types, redirect_uris, scopes, optional_scopes, skips_pkce, keeps_successor, stays_verified)!
UPDATE client
SET name = :name, description = :description, home_page = :home_page, grant_types = :grant_types::text[],
    redirect_uris = :redirect_uris::text[], scopes = :scopes, optional_scopes = :optional_scopes::text[], skips_pkce = :skips_pkce,
    keeps_successor = :keeps_successor,
    verified_at = CASE WHEN :stays_verified THEN verified_at END, changed_at = now()
WHERE client_id = :client_id;

-- name: set_authentication(client_id, authentication_methods, jwks, jwks_uri, allows_endpoint_audience)!
-- A client is public if it may authenticate with nothing.
UPDATE client
SET authentication_methods = :authentication_methods::text[],
    type = CASE WHEN 'none' = ANY (:authentication_methods::text[]) THEN 'public' ELSE 'confidential' END,
    jwks = :jwks::jsonb, jwks_uri = :jwks_uri, allows_endpoint_audience = :allows_endpoint_audience, changed_at = now()
WHERE client_id = :client_id;

-- name: set_limits(client_id, calls_per_hour, grant_share_percent, token_requests_per_minute, access_ttl, refresh_ttl)!
UPDATE client
SET calls_per_hour = :calls_per_hour, grant_share_percent = :grant_share_percent,
    token_requests_per_minute = :token_requests_per_minute, access_ttl = :access_ttl, refresh_ttl = :refresh_ttl,
    changed_at = now()
WHERE client_id = :client_id;

-- name: set_own_access(client_id, opened_scopes, opened_resources, own_scopes, own_resources)!
UPDATE client
SET opened_scopes = :opened_scopes::text[], opened_resources = :opened_resources::text[],
    own_scopes = :own_scopes::text[], own_resources = :own_resources::text[], changed_at = now()
WHERE client_id = :client_id;

-- name: approve(client_id)!
UPDATE client
SET approved_at = now(), changed_at = now()
WHERE client_id = :client_id AND approved_at IS NULL;

-- name: verify(client_id)!
UPDATE client
SET verified_at = now(), changed_at = now()
WHERE client_id = :client_id AND verified_at IS NULL;

-- name: verified_names(rows)
SELECT name, owner_id
FROM client
WHERE verified_at IS NOT NULL AND deleted_at IS NULL
ORDER BY client_id
LIMIT :rows;

-- name: remove_verification(client_id)!
UPDATE client
SET verified_at = NULL, changed_at = now()
WHERE client_id = :client_id AND verified_at IS NOT NULL;

-- name: suspend(client_id, reason)$
-- The time it happened, or nothing if it was suspended already.
UPDATE client
SET suspended_at = now(), suspend_reason = :reason, changed_at = now()
WHERE client_id = :client_id AND suspended_at IS NULL AND deleted_at IS NULL
RETURNING suspended_at;

-- name: reactivate(client_id)$
UPDATE client
SET suspended_at = NULL, suspend_reason = '', changed_at = now()
WHERE client_id = :client_id AND suspended_at IS NOT NULL AND deleted_at IS NULL
RETURNING changed_at;

-- name: transfer(client_id, owner_id)!
-- An app loses its verification, as the administrator verified another developer.
UPDATE client
SET owner_id = :owner_id, owner_disabled = false, verified_at = NULL, changed_at = now()
WHERE client_id = :client_id;

-- name: note_owner_changed(owner_id)
-- Processes keep the old name with this owner's apps, and an administrator who verified one knew its developer by that
-- name.
WITH owned AS (
    SELECT client_id, verified_at IS NOT NULL AS verified
    FROM client
    WHERE owner_id = :owner_id AND deleted_at IS NULL
    ORDER BY client_id
    FOR NO KEY UPDATE
)
UPDATE client
SET verified_at = NULL, changed_at = now()
FROM owned
WHERE client.client_id = owned.client_id
RETURNING client.client_id, owned.verified AS lost_verification;

-- name: note_owner_disabled(owner_id, disabled)
-- The apps of a disabled user get no new grants. A repeated call returns the ids again, to be invalidated again.
WITH owned AS (
    SELECT client_id
    FROM client
    WHERE owner_id = :owner_id AND deleted_at IS NULL
    ORDER BY client_id
    FOR NO KEY UPDATE
)
UPDATE client
SET owner_disabled = :disabled, changed_at = now()
FROM owned
WHERE client.client_id = owned.client_id
RETURNING client.client_id;

-- name: note_host_changed(host)
-- The self-registered clients of a host that was blocked, or is not any longer.
WITH affected AS (
    SELECT client.client_id
    FROM client
    WHERE client.client_id IN (SELECT client_host.client_id FROM client_host WHERE is_at_host(client_host.host, :host))
    ORDER BY client.client_id
    FOR NO KEY UPDATE
)
UPDATE client
SET changed_at = now()
FROM affected
WHERE client.client_id = affected.client_id
RETURNING client.client_id;

-- name: note_change(client_id)!
-- Its secrets changed, so what processes have cached of the client is old.
UPDATE client
SET changed_at = now()
WHERE client_id = :client_id;

-- name: raise_epoch(client_id)!
-- This revokes all grants, codes and tokens of the client: each is compared with its client's epoch.
UPDATE client
SET epoch = epoch + 1, tokens_revoked_at = now(), changed_at = now()
WHERE client_id = :client_id;

-- name: delete(client_id)!
UPDATE client
SET deleted_at = now(), epoch = epoch + 1, tokens_revoked_at = now(), changed_at = now()
WHERE client_id = :client_id AND deleted_at IS NULL;

-- name: note_used(client_ids)!
-- Self-registered clients that got a token today; a client's row is written at most once a day.
WITH locked AS (
    SELECT client_id
    FROM client
    WHERE client_id = ANY (:client_ids) AND registered_by <> 'person' AND deleted_at IS NULL
      AND (used_on IS NULL OR used_on < (now() AT TIME ZONE 'UTC')::date)
    ORDER BY client_id
    FOR NO KEY UPDATE
)
UPDATE client
SET used_on = (now() AT TIME ZONE 'UTC')::date
FROM locked
WHERE client.client_id = locked.client_id;

-- name: unused(client_id, hours, days, at_most)
-- Self-registered clients that no user allowed within so many hours, or that got no token for so many days; all of
-- them, or this one. One that waits for review has not begun to wait for users, and a suspended one stays suspended.
SELECT client_id
FROM client
WHERE registered_by = 'registration' AND used_on IS NULL AND deleted_at IS NULL AND suspended_at IS NULL
  AND created_at < now() - make_interval(hours => :hours) AND approved_at < now() - make_interval(hours => :hours)
  AND NOT EXISTS (SELECT FROM "grant" WHERE "grant".client_id = client.client_id)
  AND (CAST(:client_id AS text) IS NULL OR client_id = :client_id)
UNION
SELECT client_id
FROM client
WHERE registered_by = 'registration' AND used_on IS NULL AND deleted_at IS NULL AND suspended_at IS NULL
  AND created_at < now() - make_interval(days => :days)
  AND NOT EXISTS (SELECT FROM family
                  WHERE family.client_id = client.client_id AND family.ended_at IS NULL
                    AND family.last_used_at > now() - make_interval(days => :days))
  AND NOT EXISTS (SELECT FROM family
                  WHERE family.client_id = client.client_id AND family.ended_at IS NOT NULL
                    AND family.last_used_at > now() - make_interval(days => :days))
  AND (CAST(:client_id AS text) IS NULL OR client_id = :client_id)
UNION
SELECT client_id
FROM client
WHERE registered_by <> 'person' AND deleted_at IS NULL AND suspended_at IS NULL
  AND used_on < (now() AT TIME ZONE 'UTC')::date - CAST(:days AS integer)
  AND NOT EXISTS (SELECT FROM family
                  WHERE family.client_id = client.client_id AND family.ended_at IS NULL
                    AND family.last_used_at > now() - make_interval(days => :days))
  AND NOT EXISTS (SELECT FROM family
                  WHERE family.client_id = client.client_id AND family.ended_at IS NOT NULL
                    AND family.last_used_at > now() - make_interval(days => :days))
  AND (CAST(:client_id AS text) IS NULL OR client_id = :client_id)
ORDER BY client_id
LIMIT :at_most;

-- name: purge(days, at_most)!
-- Self-registered clients that were deleted, and of which no page shows anything: no grant, and so no family. A
-- suspended one with a document stays, as it would come back under its id and work.
DELETE FROM client
WHERE client_id IN (
    SELECT client_id
    FROM client
    WHERE registered_by <> 'person' AND deleted_at < now() - make_interval(days => :days)
      AND (suspended_at IS NULL OR document_url IS NULL)
      AND NOT EXISTS (SELECT FROM "grant" WHERE "grant".client_id = client.client_id)
      AND NOT EXISTS (SELECT FROM revocation WHERE revocation.client_id = client.client_id)
    ORDER BY deleted_at, client_id
    LIMIT :at_most
    FOR UPDATE SKIP LOCKED
);

-- name: secrets(client_id)
-- Of a client or an API, the oldest first.
SELECT hint, created_at, last_used_at, last_used_from
FROM client_secret
WHERE client_id = :client_id OR api_id = :client_id
ORDER BY created_at, secret_hash
LIMIT 2;

-- name: add_secret(client_id, secret_hash, hint)!
INSERT INTO client_secret (secret_hash, client_id, api_id, hint)
VALUES (:secret_hash, (SELECT client.client_id FROM client WHERE client.client_id = :client_id),
        (SELECT api.client_id FROM api WHERE api.client_id = :client_id), :hint);

-- name: delete_secret(client_id, hint)!
DELETE FROM client_secret
WHERE (client_id = :client_id OR api_id = :client_id) AND hint = :hint;

-- name: delete_secrets(client_id)!
DELETE FROM client_secret
WHERE client_id = :client_id OR api_id = :client_id;

-- name: note_secrets_used(keys, times, addresses)!
-- Marks of last use, collected by a process. Rows are locked in one order, so that two processes cannot deadlock.
WITH used AS (
    SELECT secret_hash, to_timestamp(at) AS used_at, address
    FROM unnest(:keys::bytea[], :times::double precision[], :addresses::text[]) AS mark (secret_hash, at, address)
), locked AS (
    SELECT client_secret.secret_hash
    FROM client_secret
    JOIN used ON used.secret_hash = client_secret.secret_hash
    ORDER BY client_secret.secret_hash
    FOR NO KEY UPDATE OF client_secret
)
UPDATE client_secret
SET last_used_at = used.used_at, last_used_from = used.address
FROM used, locked
WHERE client_secret.secret_hash = used.secret_hash AND locked.secret_hash = used.secret_hash
  AND (client_secret.last_used_at IS NULL OR client_secret.last_used_at < used.used_at);

-- name: find_logo(client_id)^
SELECT client_logo.content, client_logo.version
FROM client_logo
JOIN client ON client.client_id = client_logo.client_id AND client.deleted_at IS NULL
WHERE client_logo.client_id = :client_id;

-- name: set_logo(client_id, content, version)!
INSERT INTO client_logo (client_id, content, version)
VALUES (:client_id, :content, :version)
ON CONFLICT (client_id) DO UPDATE
SET content = EXCLUDED.content, version = EXCLUDED.version, changed_at = now();

-- name: delete_logo(client_id)!
DELETE FROM client_logo
WHERE client_id = :client_id;
