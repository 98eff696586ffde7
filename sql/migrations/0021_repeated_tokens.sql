-- Which connections repeat a refresh token is found by index.

CREATE INDEX family_repeating ON family (client_id) WHERE repeats > 0 AND ended_at IS NULL;
