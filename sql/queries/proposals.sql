-- The table client_proposal: it changes only while its client is locked (clients.lock).

-- name: find(client_id)^
SELECT client_id, name, home_page, grant_types, redirect_uris, scopes, optional_scopes, skips_pkce, logo, proposed_by,
       proposed_at, rejected_at, reject_reason, rejected_at IS NOT NULL AS rejected
FROM client_proposal
WHERE client_id = :client_id;

-- name: save(client_id, name, home_page, grant_types, redirect_uris, scopes, optional_scopes, skips_pkce, logo, proposed_by)!
-- It replaces an earlier proposal, and its waiting time begins again.
INSERT INTO client_proposal (client_id, name, home_page, grant_types, redirect_uris, scopes, optional_scopes, skips_pkce,
                             logo, proposed_by)
VALUES (:client_id, :name, :home_page, :grant_types::text[], :redirect_uris::text[], :scopes, :optional_scopes::text[],
        :skips_pkce, :logo, :proposed_by)
ON CONFLICT (client_id) DO UPDATE
SET name = EXCLUDED.name, home_page = EXCLUDED.home_page, grant_types = EXCLUDED.grant_types,
    redirect_uris = EXCLUDED.redirect_uris, scopes = EXCLUDED.scopes, optional_scopes = EXCLUDED.optional_scopes,
    skips_pkce = EXCLUDED.skips_pkce, logo = EXCLUDED.logo, proposed_by = EXCLUDED.proposed_by, proposed_at = now(),
    rejected_at = NULL, reject_reason = '';

-- name: reject(client_id, reason)!
UPDATE client_proposal
SET rejected_at = now(), reject_reason = :reason
WHERE client_id = :client_id AND rejected_at IS NULL;

-- name: delete(client_id)!
DELETE FROM client_proposal
WHERE client_id = :client_id;
