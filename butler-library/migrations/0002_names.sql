-- What names say: editions, ids, dated and absolute episodes, files of several episodes, versions, films in pieces, extras.
-- `items` is built anew, since SQLite changes no CHECK; foreign keys are off while this runs and are checked at its end.

CREATE TABLE new_items (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    section INTEGER NOT NULL REFERENCES sections (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('movie', 'show', 'season', 'episode', 'artist', 'album', 'track', 'photo', 'extra')),
    parent INTEGER REFERENCES items (id) ON DELETE CASCADE, -- of an extra: what it belongs to, once that is there
    key BLOB NOT NULL, -- what makes it itself among its parent's children
    title TEXT NOT NULL,
    sort_title TEXT NOT NULL,
    year INTEGER,
    number INTEGER, -- of the season, episode or track
    absolute INTEGER, -- of an episode, counted through all seasons
    aired TEXT, -- of an episode, `2009-02-10`
    edition TEXT, -- of a film
    ids TEXT NOT NULL DEFAULT '[]', -- a JSON array: `tmdb://949`
    extra TEXT, -- what kind of extra
    home BLOB, -- of a film, show or season: where its extras belong; of an extra: where it does
    about BLOB, -- of a film: its title and year; of an extra: which film or episode of its home, if its name says so
    added_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((kind = 'extra') = (extra IS NOT NULL)),
    CHECK ((kind IN ('movie', 'show', 'season', 'extra')) = (home IS NOT NULL))
) STRICT;

-- The parts of a key stand apart by the byte 1f. A film's are title, year, root and folder; a show's are title and year.
INSERT INTO new_items (id, section, kind, parent, key, title, sort_title, year, number, home, about, added_at, updated_at)
SELECT i.id, i.section, i.kind, i.parent, i.key, i.title, i.sort_title, i.year, i.number,
    CASE i.kind
        WHEN 'movie' THEN substr(i.key, instr(i.key, x'1f') + instr(substr(i.key, instr(i.key, x'1f') + 1), x'1f') + 1)
        WHEN 'show' THEN i.key
        WHEN 'season' THEN CAST(p.key || x'1f' || i.key AS BLOB)
    END,
    CASE i.kind WHEN 'movie' THEN substr(i.key, 1, instr(i.key, x'1f') + instr(substr(i.key, instr(i.key, x'1f') + 1), x'1f') - 1) END,
    i.added_at, i.updated_at
FROM items i LEFT JOIN items p ON p.id = i.parent;

-- Ids are never used twice: the counter goes over too, however few rows are left.
DELETE FROM sqlite_sequence WHERE name = 'new_items';
INSERT INTO sqlite_sequence (name, seq) SELECT 'new_items', seq FROM sqlite_sequence WHERE name = 'items';
DROP TABLE items;
ALTER TABLE new_items RENAME TO items;
CREATE UNIQUE INDEX items_by_key ON items (section, kind, coalesce(parent, 0), key);
CREATE INDEX items_by_title ON items (section, kind, sort_title COLLATE NOCASE, id);
CREATE INDEX items_by_parent ON items (parent, number, sort_title COLLATE NOCASE, id);
CREATE INDEX items_by_home ON items (section, home, key) WHERE home IS NOT NULL;

ALTER TABLE media ADD COLUMN label TEXT; -- what tells this version from another: `1080p`
ALTER TABLE media ADD COLUMN stack BLOB; -- of a version in several files: what they have in common
CREATE UNIQUE INDEX media_by_stack ON media (item, stack) WHERE stack IS NOT NULL;
ALTER TABLE parts ADD COLUMN piece INTEGER; -- which of the files of its version, from 1 on

-- A file that holds several episodes is the media of the first; the others show it too.
CREATE TABLE shared_media (
    media INTEGER NOT NULL REFERENCES media (id) ON DELETE CASCADE,
    item INTEGER NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    PRIMARY KEY (media, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX shared_media_by_item ON shared_media (item);
