-- From the first state of 0003_pages to the one it was frozen in.

ALTER TABLE api
    ADD COLUMN deleted_at timestamptz,
    DROP CONSTRAINT api_resource_key;
CREATE UNIQUE INDEX api_resource_is_unique ON api (resource) WHERE deleted_at IS NULL;
COMMENT ON COLUMN api.deleted_at IS 'Ended for ever; the row stays for the sweep and for the names in the audit log.';

CREATE INDEX grant_by_age ON "grant" USING brin (created_at);
CREATE INDEX audit_event_by_address ON audit_event (address, event_id DESC) WHERE address IS NOT NULL;
