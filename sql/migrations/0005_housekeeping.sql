-- Housekeeping by one elected process, and numbers by which it finds what was ended since it last looked.

CREATE TABLE housekeeper (
    only_row    boolean PRIMARY KEY DEFAULT true,
    holder      text NOT NULL,
    expires_at  timestamptz NOT NULL,
    walked_to   text NOT NULL DEFAULT '',
    CONSTRAINT housekeeper_has_one_row CHECK (only_row)
) WITH (fillfactor = 10);
INSERT INTO housekeeper (holder, expires_at) VALUES ('', '-infinity');
COMMENT ON TABLE housekeeper IS 'The process that does the housekeeping of all: one row, a lease by PostgreSQL''s clock.';
COMMENT ON COLUMN housekeeper.walked_to IS 'Where the walk along the families goes on.';

CREATE TABLE sweep (
    only_row  boolean PRIMARY KEY DEFAULT true,
    redis     text NOT NULL,
    seen      pg_snapshot NOT NULL,
    CONSTRAINT sweep_has_one_row CHECK (only_row)
) WITH (fillfactor = 10);
COMMENT ON TABLE sweep IS 'How far the sweep has got: one row, written by the first sweep.';
COMMENT ON COLUMN sweep.redis IS 'The run_id and database number of the Redis that was swept; another one is swept whole.';
COMMENT ON COLUMN sweep.seen IS 'What the transactions visible in this snapshot ended was deleted there.';

-- The number of the transaction, and not a time: whatever commits late is not yet visible in the snapshot of the last
-- sweep, however early it began.
ALTER TABLE family ADD COLUMN ended_in xid8;
ALTER TABLE client ADD COLUMN changed_in xid8 NOT NULL DEFAULT pg_current_xact_id();
ALTER TABLE api ADD COLUMN changed_in xid8 NOT NULL DEFAULT pg_current_xact_id();
ALTER TABLE ended_key ADD COLUMN ended_in xid8 NOT NULL DEFAULT pg_current_xact_id();
COMMENT ON COLUMN family.ended_in IS 'The transaction that ended it, written by a trigger.';
COMMENT ON COLUMN client.changed_in IS 'The transaction that made it or wrote changed_at last.';
COMMENT ON COLUMN api.changed_in IS 'The transaction that made it or wrote changed_at last.';
COMMENT ON COLUMN ended_key.ended_in IS 'The transaction that ended it.';

CREATE FUNCTION write_ended_in() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.ended_in := pg_current_xact_id();
    RETURN NEW;
END
$$;
CREATE FUNCTION write_changed_in() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_in := pg_current_xact_id();
    RETURN NEW;
END
$$;
-- A rotation writes neither column, so that no trigger runs at one.
CREATE TRIGGER family_ended BEFORE UPDATE OF ended_at ON family FOR EACH ROW EXECUTE FUNCTION write_ended_in();
CREATE TRIGGER client_changed BEFORE UPDATE OF changed_at ON client FOR EACH ROW EXECUTE FUNCTION write_changed_in();
CREATE TRIGGER api_changed BEFORE UPDATE OF changed_at ON api FOR EACH ROW EXECUTE FUNCTION write_changed_in();

CREATE INDEX family_by_ending ON family (ended_in, family_id) WHERE ended_in IS NOT NULL;
CREATE INDEX client_by_changing ON client (changed_in, client_id);
CREATE INDEX ended_key_by_ending ON ended_key (ended_in, key_hash);

-- A page of the whole sweep begins where the last one ended, also within one mass ending.
DROP INDEX family_by_end;
CREATE INDEX family_by_end ON family (ended_at, family_id) WHERE ended_at IS NOT NULL;

-- The minima of a BRIN index never rise when rows are updated: after a day these pointed at every block.
DROP INDEX family_by_expiry, family_by_use;

CREATE INDEX usage_batch_by_age ON usage_batch (written_at);

-- Room in each block, so that a mark of last use writes no index.
ALTER TABLE "grant" SET (fillfactor = 80);
ALTER TABLE client_secret SET (fillfactor = 80);

-- The queue of apps that wait for review, without passing over all others.
CREATE INDEX client_waiting ON client (created_at, client_id DESC)
    WHERE approved_at IS NULL AND suspended_at IS NULL AND deleted_at IS NULL;
