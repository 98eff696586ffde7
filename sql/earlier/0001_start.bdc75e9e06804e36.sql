-- From the second state of 0001_start to the one it was frozen in.

ALTER TABLE family SET (fillfactor = 70);
DROP INDEX family_by_grant, family_by_expiry, family_sealed;
CREATE INDEX family_by_grant ON family (grant_id);
CREATE INDEX family_by_expiry ON family USING brin (expires_at);
CREATE INDEX family_by_use ON family USING brin (last_used_at);
