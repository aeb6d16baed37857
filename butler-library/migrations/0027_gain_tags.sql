-- Music files whose gain tags Butler wrote: what they were before, so that all of it can be taken back.
-- No references: what was done to a file outlives its section, its part and its place in the library.

CREATE TABLE gain_tags (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    section INTEGER NOT NULL, -- whose setting asked for it
    part INTEGER NOT NULL, -- where the file is now, as long as the library follows it
    source INTEGER NOT NULL, -- its content
    root BLOB NOT NULL, -- the folder of the section that holds it
    path BLOB NOT NULL UNIQUE, -- the whole path
    old TEXT NOT NULL, -- a JSON array of tags, word for word
    new TEXT NOT NULL,
    old_mtime_ns INTEGER NOT NULL, -- when the file had been written last before Butler did
    written_at INTEGER NOT NULL
) STRICT;
CREATE INDEX gain_tags_by_section ON gain_tags (section, id);
CREATE INDEX gain_tags_by_part ON gain_tags (part);

-- Replacements that are meant: kept before the new file is written beside the old one, and gone once it is settled whether it was
-- put in its place. What a crash leaves here says where to look.
CREATE TABLE gain_tag_intents (
    path BLOB PRIMARY KEY,
    root BLOB NOT NULL,
    section INTEGER NOT NULL,
    part INTEGER NOT NULL,
    source INTEGER NOT NULL, -- the content, which stays the same
    draft BLOB NOT NULL, -- the name beside the file that the new one has until it is in place
    dev INTEGER, -- of the new file, once it is whole: before that it can't have been put in place
    inode INTEGER,
    old TEXT NOT NULL,
    new TEXT NOT NULL,
    old_mtime_ns INTEGER NOT NULL,
    is_undo INTEGER NOT NULL CHECK (is_undo IN (0, 1))
) STRICT, WITHOUT ROWID;
