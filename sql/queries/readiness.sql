-- name: write(filler)!
INSERT INTO readiness (filler)
VALUES (:filler)
ON CONFLICT (only_row) DO UPDATE
SET written_at = now(), filler = EXCLUDED.filler;
