-- The successor of a refresh token can stay available beyond the grace time; a family's access tokens are kept in Redis.

ALTER TABLE family
    DROP COLUMN access_tokens,
    ADD COLUMN available_until timestamptz,
    ADD COLUMN repeats integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN family.available_until IS 'The superseded token gets its successor again until then, unless that was used; empty: for the grace time only.';
COMMENT ON COLUMN family.repeats IS 'How often a superseded token got its successor again.';
