-- The installation remembers which key seals what must be readable again (OAUTHSRV_KEY).

ALTER TABLE installation
    ADD COLUMN key_fingerprint bytea,
    ADD CONSTRAINT installation_key_fingerprint_is_a_hash CHECK (octet_length(key_fingerprint) = 32);
COMMENT ON COLUMN installation.key_fingerprint IS 'SHA-256 of OAUTHSRV_KEY, written by the first start; a start with another key is refused.';
