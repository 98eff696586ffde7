-- Equal keys are stored once only where every column of an index is part of the key: 60 bytes less for a family.

DROP INDEX grant_active_by_epoch;
CREATE INDEX grant_active_by_epoch ON "grant" (client_id, epoch, self_granted) WHERE ended_at IS NULL;
DROP INDEX family_active_by_epoch;
CREATE INDEX family_active_by_epoch ON family (client_id, epoch, self_granted) WHERE ended_at IS NULL;
