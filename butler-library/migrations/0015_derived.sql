-- Products of items, derived of the stored products of what lies below them; and failures of these.

CREATE TABLE item_products (
    item INTEGER NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    value TEXT NOT NULL,
    made_from BLOB NOT NULL CHECK (length(made_from) = 32), -- the digest of its inputs
    made_at INTEGER NOT NULL,
    PRIMARY KEY (item, kind)
) STRICT, WITHOUT ROWID;

-- A failure is of a source's product, of an item's, or of a file or folder that a scan could not read.
CREATE TABLE new_failures (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source INTEGER REFERENCES sources (id) ON DELETE CASCADE,
    item INTEGER REFERENCES items (id) ON DELETE CASCADE,
    kind TEXT,
    version INTEGER,
    made_from BLOB CHECK (length(made_from) = 32), -- of an item's: the digest of the inputs that it failed with
    root INTEGER REFERENCES roots (id) ON DELETE CASCADE,
    path BLOB,
    class TEXT NOT NULL CHECK (class IN ('content', 'source', 'worker')),
    sentence TEXT NOT NULL,
    tries INTEGER NOT NULL,
    next_try_at INTEGER, -- null: rests
    failed_at INTEGER NOT NULL,
    run INTEGER,
    CHECK ((source IS NOT NULL) + (item IS NOT NULL) + (root IS NOT NULL) = 1),
    CHECK ((root IS NULL) = (kind IS NOT NULL) AND (root IS NULL) = (version IS NOT NULL)),
    CHECK ((root IS NULL) = (path IS NULL) AND (item IS NULL) = (made_from IS NULL))
) STRICT;
INSERT INTO new_failures
    (id, source, kind, version, root, path, class, sentence, tries, next_try_at, failed_at, run)
    SELECT id, source, kind, version, root, path, class, sentence, tries, next_try_at, failed_at, run
    FROM failures;
-- An id is never used twice.
UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'failures')
    WHERE name = 'new_failures' AND EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'failures');
INSERT INTO sqlite_sequence (name, seq) SELECT 'new_failures', seq FROM sqlite_sequence
    WHERE name = 'failures' AND NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'new_failures');
DROP TABLE failures;
ALTER TABLE new_failures RENAME TO failures;
CREATE UNIQUE INDEX failures_by_product ON failures (source, kind) WHERE source IS NOT NULL;
CREATE UNIQUE INDEX failures_by_item ON failures (item, kind) WHERE item IS NOT NULL;
CREATE UNIQUE INDEX failures_by_path ON failures (root, path) WHERE root IS NOT NULL;
CREATE INDEX failures_by_time ON failures (failed_at, id);

-- What all units ever took was asked for by nobody.
DROP TABLE cost_sums;
