-- Which files failed in a run: several products of one file are one file that failed, in one run and in those of
-- one night.
CREATE TABLE failed_files (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    file INTEGER NOT NULL, -- what tells it from every other: the beginning of its path's hash
    PRIMARY KEY (run, file)
) STRICT, WITHOUT ROWID;

ALTER TABLE runs ADD COLUMN failed_files INTEGER NOT NULL DEFAULT 0;
UPDATE runs SET failed_files = failures; -- what was not kept is taken to be a file each
