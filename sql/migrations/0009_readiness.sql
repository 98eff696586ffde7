-- What /readyz writes, as reading alone says nothing of a full disk or of a server that takes no writes.

CREATE TABLE readiness (
    only_row   boolean PRIMARY KEY DEFAULT true,
    written_at timestamptz NOT NULL DEFAULT now(),
    filler     bytea NOT NULL,
    CONSTRAINT readiness_has_one_row CHECK (only_row)
);
ALTER TABLE readiness ALTER COLUMN filler SET STORAGE EXTERNAL;
COMMENT ON TABLE readiness IS 'One row, updated by /readyz at most once a second in each process.';
COMMENT ON COLUMN readiness.filler IS 'Enough to need new pages, which a full disk refuses.';
