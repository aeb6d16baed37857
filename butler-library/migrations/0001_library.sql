-- Instants are Unix milliseconds. Paths are bytes: file names need not be UTF-8. Ids are never used twice (AUTOINCREMENT).

CREATE TABLE server (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    id TEXT NOT NULL
) STRICT;

CREATE TABLE settings (
    id TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
    holder TEXT PRIMARY KEY,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT, WITHOUT ROWID;

CREATE TABLE sections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('movie', 'show', 'artist', 'photo')),
    agent TEXT NOT NULL,
    scanner TEXT NOT NULL,
    language TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    scanned_at INTEGER,
    content_changed_at INTEGER NOT NULL DEFAULT 0 -- a count of changes, as Plex has it
) STRICT;

CREATE TABLE roots (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    section INTEGER NOT NULL REFERENCES sections (id) ON DELETE CASCADE,
    path BLOB NOT NULL,
    -- Taken out of its section, kept until the next scan has seen whether its files moved to another root.
    removed INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1)),
    UNIQUE (section, path)
) STRICT;

CREATE TABLE items (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    section INTEGER NOT NULL REFERENCES sections (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('movie', 'show', 'season', 'episode', 'artist', 'album', 'track', 'photo')),
    parent INTEGER REFERENCES items (id) ON DELETE CASCADE,
    key BLOB NOT NULL, -- what makes it itself among its parent's children
    title TEXT NOT NULL,
    sort_title TEXT NOT NULL,
    year INTEGER,
    number INTEGER, -- of the season, episode or track
    added_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX items_by_key ON items (section, kind, coalesce(parent, 0), key);
CREATE INDEX items_by_title ON items (section, kind, sort_title COLLATE NOCASE, id);
CREATE INDEX items_by_parent ON items (parent, number, sort_title COLLATE NOCASE, id);

CREATE TABLE media (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    item INTEGER NOT NULL REFERENCES items (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX media_by_item ON media (item);

CREATE TABLE sources (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    fingerprint BLOB NOT NULL UNIQUE CHECK (length(fingerprint) = 32),
    sampled BLOB NOT NULL CHECK (length(sampled) = 32), -- size, head, middle, tail
    deep BLOB NOT NULL CHECK (length(deep) = 32),       -- 64 more places
    size INTEGER NOT NULL,
    has_video INTEGER CHECK (has_video IN (0, 1)) -- by its media_info; null before there is one
) STRICT;
CREATE UNIQUE INDEX sources_by_content ON sources (sampled, deep);

CREATE TABLE parts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    media INTEGER NOT NULL REFERENCES media (id) ON DELETE CASCADE,
    root INTEGER NOT NULL REFERENCES roots (id) ON DELETE CASCADE,
    path BLOB NOT NULL, -- below the root
    medium TEXT NOT NULL CHECK (medium IN ('video', 'audio', 'photo')), -- by its name
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    dev INTEGER NOT NULL,
    source INTEGER NOT NULL REFERENCES sources (id),
    added_at INTEGER NOT NULL,
    missing_since INTEGER,
    UNIQUE (root, path)
) STRICT;
CREATE INDEX parts_by_media ON parts (media);
CREATE INDEX parts_by_source ON parts (source, missing_since);

CREATE TABLE products (
    source INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    params TEXT NOT NULL,
    value TEXT NOT NULL,
    blob TEXT,
    blob_bytes INTEGER,
    made_from BLOB NOT NULL CHECK (length(made_from) = 32),
    made_at INTEGER NOT NULL,
    PRIMARY KEY (source, kind),
    CHECK ((blob IS NULL) = (blob_bytes IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX products_by_blob ON products (blob) WHERE blob IS NOT NULL;

-- A failure is of a source's product, or of a file or folder that a scan could not read.
CREATE TABLE failures (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source INTEGER REFERENCES sources (id) ON DELETE CASCADE,
    kind TEXT,
    version INTEGER,
    root INTEGER REFERENCES roots (id) ON DELETE CASCADE,
    path BLOB,
    class TEXT NOT NULL CHECK (class IN ('content', 'source', 'worker')),
    sentence TEXT NOT NULL,
    tries INTEGER NOT NULL,
    next_try_at INTEGER, -- null: rests
    failed_at INTEGER NOT NULL,
    run INTEGER,
    CHECK ((source IS NULL) = (kind IS NULL) AND (source IS NULL) = (version IS NULL)),
    CHECK ((root IS NULL) = (path IS NULL) AND (source IS NULL) <> (root IS NULL))
) STRICT;
CREATE UNIQUE INDEX failures_by_product ON failures (source, kind) WHERE source IS NOT NULL;
CREATE UNIQUE INDEX failures_by_path ON failures (root, path) WHERE root IS NOT NULL;

CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    task TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    origin TEXT NOT NULL,
    forced INTEGER NOT NULL CHECK (forced IN (0, 1)),
    section INTEGER, -- no reference: history outlives its section
    asked_at INTEGER NOT NULL,
    scheduled_at INTEGER,
    started_at INTEGER,
    ended_at INTEGER,
    bound_until INTEGER,
    day TEXT,
    crash_day TEXT,
    crash_count INTEGER,
    done INTEGER NOT NULL,
    total INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    bytes_read INTEGER NOT NULL,
    report TEXT NOT NULL
) STRICT;
CREATE INDEX runs_by_task ON runs (task, state, id);
CREATE INDEX runs_unfinished ON runs (id) WHERE ended_at IS NULL;
