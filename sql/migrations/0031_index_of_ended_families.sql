-- A new family has one index less to be written to: who looks for active ones of a client uses family_active_by_epoch.

DROP INDEX family_by_client;
CREATE INDEX family_by_client ON family (client_id, ended_at) WHERE ended_at IS NOT NULL;
