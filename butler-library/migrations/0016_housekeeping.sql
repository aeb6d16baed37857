-- What keeping house remembers from one run to the next.

-- Files in the folder of blobs that no row speaks of, and since when that is known: what a database does not
-- know that was put back from a backup may be known to a newer one.
CREATE TABLE strays (
    name BLOB PRIMARY KEY, -- below the folder of blobs; need not be UTF-8
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The disk on which the folder of blobs lay, and each kind's folder in it: what is on another by now may be
-- the empty place of a disk that is away.
CREATE TABLE blob_folders (
    name TEXT PRIMARY KEY, -- a kind's name; empty for the folder of blobs itself
    dev INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Sources that no part holds, and since when: a file that comes back finds what was made of it.
CREATE TABLE orphans (
    source INTEGER PRIMARY KEY REFERENCES sources (id) ON DELETE CASCADE,
    since INTEGER NOT NULL
) STRICT;

-- Plans that a person has to confirm. One that has changed has another digest: then the word for it is void.
CREATE TABLE waiting_plans (
    task TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    sentence TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    confirmed_at INTEGER
) STRICT, WITHOUT ROWID;
