-- How long each run worked, pauses and absences left out: what a task usually takes is the median of that.
ALTER TABLE runs ADD COLUMN worked_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN works_since INTEGER; -- an instant; what `worked_ms` does not hold yet begins there
UPDATE runs SET worked_ms = max(ended_at - started_at, 0) -- of earlier runs no more is known
    WHERE started_at IS NOT NULL AND ended_at IS NOT NULL;
