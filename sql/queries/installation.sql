-- The tables installation and readiness, of one row each.

-- name: get()^
SELECT installation_id, browser_key, longest_access_ttl, key_fingerprint
FROM installation
LIMIT 1;

-- name: lock()^
-- Transactions about the first administrator run one after the other, and so do registrations of clients and changes
-- of the list of redirect URIs.
SELECT installation_id
FROM installation
LIMIT 1
FOR NO KEY UPDATE;

-- name: add(installation_id, browser_key, access_ttl)!
-- The first start writes the row; later ones only remember a longer life of access tokens.
INSERT INTO installation (installation_id, browser_key, longest_access_ttl)
VALUES (:installation_id, :browser_key, :access_ttl)
ON CONFLICT (only_row) DO UPDATE
SET longest_access_ttl = GREATEST(installation.longest_access_ttl, EXCLUDED.longest_access_ttl);

-- name: remember_key(key_fingerprint)!
-- At the first start, or at the first one with a version that has a key.
UPDATE installation
SET key_fingerprint = :key_fingerprint
WHERE key_fingerprint IS NULL;

-- name: setup()^
-- What the checklist of first steps checks, besides settings and scopes.
SELECT setup_hidden_at IS NOT NULL AS hidden, (SELECT count(*) FROM api WHERE deleted_at IS NULL) AS apis
FROM installation
LIMIT 1;

-- name: hide_setup(hidden)!
UPDATE installation
SET setup_hidden_at = CASE WHEN :hidden THEN now() END;

-- name: write_readiness(filler)!
INSERT INTO readiness (filler)
VALUES (:filler)
ON CONFLICT (only_row) DO UPDATE
SET written_at = now(), filler = EXCLUDED.filler;
