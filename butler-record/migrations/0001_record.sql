-- Whose history it is; one row once a server was seen.
CREATE TABLE server (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    machine_identifier TEXT NOT NULL,
    -- Until when the server was watched at least, though nothing happened.
    watched_until INTEGER
) STRICT;

-- One activity of the server, from its begin to its end. Instants are milliseconds since 1970.
CREATE TABLE spans (
    id INTEGER PRIMARY KEY,
    uuid TEXT NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    section TEXT,
    began_at INTEGER NOT NULL,
    -- 0: it was there when the watch came, and began before.
    saw_begin INTEGER NOT NULL CHECK (saw_begin IN (0, 1)),
    seen_at INTEGER NOT NULL,
    ended_at INTEGER,
    -- 0: it was gone when the watch came back, and ended at any time since seen_at.
    saw_end INTEGER CHECK (saw_end IN (0, 1)),
    progress INTEGER NOT NULL,
    things INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX spans_by_begin ON spans (began_at);
CREATE INDEX spans_open ON spans (uuid) WHERE ended_at IS NULL;

-- On what a span worked, in the order in which it was told; the first ones of it.
CREATE TABLE things (
    span INTEGER NOT NULL REFERENCES spans (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (span, number)
) STRICT, WITHOUT ROWID;

-- When nobody watched, or the server was away.
CREATE TABLE gaps (
    from_at INTEGER PRIMARY KEY,
    until_at INTEGER NOT NULL
) STRICT;

-- What the server's list of tasks says, and since when it has said so.
CREATE TABLE tasks (
    name TEXT NOT NULL,
    at INTEGER NOT NULL,
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    interval INTEGER NOT NULL,
    PRIMARY KEY (name, at)
) STRICT, WITHOUT ROWID;
