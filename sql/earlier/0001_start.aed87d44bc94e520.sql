-- From the first state of 0001_start to the one it was frozen in.

DROP INDEX grant_by_client;
CREATE INDEX grant_by_client ON "grant" (client_id);

ALTER TABLE family SET (fillfactor = 70);
DROP INDEX family_by_grant, family_by_expiry, family_sealed;
CREATE INDEX family_by_grant ON family (grant_id);
CREATE INDEX family_by_client ON family (client_id, ended_at);
CREATE INDEX family_by_expiry ON family USING brin (expires_at);
CREATE INDEX family_by_use ON family USING brin (last_used_at);

CREATE INDEX audit_event_by_actor ON audit_event (actor_id, event_id DESC);
CREATE INDEX audit_event_by_action ON audit_event (action, event_id DESC);
