-- A secret refers to its client or its API again, a proposal has whatever fields a client has, and reuse is one view.

DELETE FROM client_secret
WHERE NOT EXISTS (SELECT FROM client WHERE client.client_id = client_secret.client_id)
  AND NOT EXISTS (SELECT FROM api WHERE api.client_id = client_secret.client_id);
ALTER TABLE client_secret
    ALTER COLUMN client_id DROP NOT NULL,
    ADD COLUMN api_id text REFERENCES api (client_id) ON DELETE CASCADE;
UPDATE client_secret
SET api_id = client_id, client_id = NULL
WHERE client_id IN (SELECT api.client_id FROM api);
ALTER TABLE client_secret
    ADD CONSTRAINT client_secret_client_id_fkey FOREIGN KEY (client_id) REFERENCES client (client_id) ON DELETE CASCADE,
    ADD CONSTRAINT client_secret_is_of_one CHECK (num_nonnulls(client_id, api_id) = 1);
CREATE INDEX client_secret_by_api ON client_secret (api_id, created_at) WHERE api_id IS NOT NULL;
COMMENT ON COLUMN client_secret.client_id IS 'Of a client; NULL: of an API.';
COMMENT ON COLUMN client_secret.api_id IS 'Of an API; NULL: of a client.';

ALTER TABLE client_proposal ADD COLUMN fields jsonb;
UPDATE client_proposal
SET fields = jsonb_build_object('name', name, 'home_page', home_page, 'grant_types', grant_types,
                                'redirect_uris', redirect_uris, 'scopes', scopes, 'optional_scopes', optional_scopes,
                                'skips_pkce', skips_pkce);
ALTER TABLE client_proposal
    ALTER COLUMN fields SET NOT NULL,
    ADD CONSTRAINT client_proposal_fields_are_named CHECK (jsonb_typeof(fields) = 'object'),
    DROP COLUMN name,
    DROP COLUMN home_page,
    DROP COLUMN grant_types,
    DROP COLUMN redirect_uris,
    DROP COLUMN scopes,
    DROP COLUMN optional_scopes,
    DROP COLUMN skips_pkce;
COMMENT ON COLUMN client_proposal.fields IS 'By the names of the columns of client; the table client checks them once they are approved.';

CREATE VIEW latest_reuse AS
(SELECT client_id, at FROM audit_event WHERE action = 'family.reused' ORDER BY event_id DESC LIMIT 5000)
UNION ALL
(SELECT client_id, at FROM audit_event WHERE action = 'family.code_replayed' ORDER BY event_id DESC LIMIT 5000);
COMMENT ON VIEW latest_reuse IS 'When a token or a code was used again after it had been exchanged: the latest 5,000 of each.';
