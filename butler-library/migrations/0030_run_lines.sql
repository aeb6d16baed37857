-- What happened in a run, a line each: kept as long as the run is. Only the last lines of a run stay.
CREATE TABLE run_lines (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    nth INTEGER NOT NULL, -- in the order in which they were stored, from 1
    at INTEGER NOT NULL,
    words TEXT NOT NULL,
    is_bad INTEGER NOT NULL CHECK (is_bad IN (0, 1)),
    PRIMARY KEY (run, nth)
) STRICT, WITHOUT ROWID;
