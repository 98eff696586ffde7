-- A client that sends no user to be asked needs no redirect URI, and a proposal has all that is reviewed.

ALTER TABLE client
    DROP CONSTRAINT client_has_redirect_uris,
    ADD CONSTRAINT client_has_grant_types CHECK (cardinality(grant_types) >= 1),
    ADD CONSTRAINT client_has_redirect_uris CHECK (
        cardinality(redirect_uris) <= 20
        AND (cardinality(redirect_uris) >= 1 OR 'authorization_code' <> ALL (grant_types)));
ALTER TABLE client_proposal
    ADD COLUMN grant_types text[] NOT NULL DEFAULT '{authorization_code,refresh_token}',
    DROP CONSTRAINT client_proposal_has_redirect_uris,
    ADD CONSTRAINT client_proposal_has_grant_types CHECK (cardinality(grant_types) >= 1),
    ADD CONSTRAINT client_proposal_has_redirect_uris CHECK (
        cardinality(redirect_uris) <= 20
        AND (cardinality(redirect_uris) >= 1 OR 'authorization_code' <> ALL (grant_types)));
