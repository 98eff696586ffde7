-- A proposal changes only while its client is locked (register.lock_client).

-- name: find(client_id)^
SELECT client_id, name, home_page, redirect_uris, scopes, optional_scopes, skips_pkce, logo, proposed_by, proposed_at,
       rejected_at, reject_reason, rejected_at IS NOT NULL AS rejected
FROM client_proposal
WHERE client_id = :client_id;

-- name: put(client_id, name, home_page, redirect_uris, scopes, optional_scopes, skips_pkce, logo, proposed_by)!
-- The latest counts; how long it waits begins again, as what is looked at is another one.
INSERT INTO client_proposal (client_id, name, home_page, redirect_uris, scopes, optional_scopes, skips_pkce, logo,
                             proposed_by)
VALUES (:client_id, :name, :home_page, :redirect_uris, :scopes, :optional_scopes::text[], :skips_pkce, :logo,
        :proposed_by)
ON CONFLICT (client_id) DO UPDATE
SET name = EXCLUDED.name, home_page = EXCLUDED.home_page, redirect_uris = EXCLUDED.redirect_uris,
    scopes = EXCLUDED.scopes, optional_scopes = EXCLUDED.optional_scopes, skips_pkce = EXCLUDED.skips_pkce,
    logo = EXCLUDED.logo, proposed_by = EXCLUDED.proposed_by, proposed_at = now(), rejected_at = NULL,
    reject_reason = '';

-- name: drop(client_id)!
DELETE FROM client_proposal
WHERE client_id = :client_id;

-- name: reject(client_id, reason)!
UPDATE client_proposal
SET rejected_at = now(), reject_reason = :reason
WHERE client_id = :client_id AND rejected_at IS NULL;

-- name: waiting(after, rows)
-- Ids of the apps whose changes wait, the longest waiting first; `after` is the last one of the page before.
SELECT proposal.client_id
FROM client_proposal AS proposal
JOIN client ON client.client_id = proposal.client_id AND client.deleted_at IS NULL
LEFT JOIN client_proposal AS last ON last.client_id = :after
WHERE proposal.rejected_at IS NULL
  AND (last.client_id IS NULL OR (proposal.proposed_at, proposal.client_id) > (last.proposed_at, last.client_id))
ORDER BY proposal.proposed_at, proposal.client_id
LIMIT :rows;
