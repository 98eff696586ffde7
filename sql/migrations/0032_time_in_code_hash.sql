-- Codes begin with their time, and so does what is stored for them: new rows share a page of the index.

COMMENT ON COLUMN family.code_hash IS 'Decides the first use of a code. Six bytes of milliseconds and SHA-256 of the code; SHA-256 alone for device codes and for codes of older versions.';
