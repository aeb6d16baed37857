-- What units took: the newest of each set of products, so that what is left to do can be reckoned in time. Of each set at most some hundreds are kept.

CREATE TABLE costs (
    kinds TEXT NOT NULL, -- names of the products that were made together, in the order in which they are made, apart by a space
    slot INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL, -- of the file
    media_ms INTEGER, -- its duration; null for what has none
    bytes_read INTEGER NOT NULL,
    work_ms INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    PRIMARY KEY (kinds, slot)
) STRICT, WITHOUT ROWID;

-- All units ever, by the same.
CREATE TABLE cost_sums (
    kinds TEXT PRIMARY KEY,
    units INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    media_ms INTEGER NOT NULL,
    bytes_read INTEGER NOT NULL,
    work_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
