-- Music files whose gain tags Butler wrote: what they were before, so that all of it can be taken back.
-- No references: what was done to a file outlives its section, its part and its place in the library.

CREATE TABLE gain_tags (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    section INTEGER NOT NULL, -- whose setting asked for it
    part INTEGER NOT NULL, -- where the file is now, as long as the library follows it
    source INTEGER NOT NULL, -- its content, as the library knows it
    content BLOB NOT NULL, -- what its sound is known by, whatever its tags are
    root BLOB NOT NULL, -- the folder of the section that holds it
    path BLOB NOT NULL, -- the whole path
    old TEXT NOT NULL, -- a JSON array of tags, word for word
    new TEXT NOT NULL,
    old_mtime_ns INTEGER NOT NULL, -- when the file had been written last before Butler did
    new_mtime_ns INTEGER NOT NULL, -- what it says of that since
    written_at INTEGER NOT NULL
) STRICT;
CREATE INDEX gain_tags_by_section ON gain_tags (section, id);
CREATE INDEX gain_tags_by_content ON gain_tags (content);

-- Replacements that are meant: kept before the new file gets a name, and gone once it is settled whether it
-- was put in its place. What a crash leaves here says what to look for.
CREATE TABLE gain_tag_intents (
    path BLOB PRIMARY KEY,
    root BLOB NOT NULL,
    section INTEGER NOT NULL,
    part INTEGER NOT NULL,
    source INTEGER NOT NULL,
    content BLOB NOT NULL,
    old TEXT NOT NULL,
    new TEXT NOT NULL,
    old_mtime_ns INTEGER NOT NULL,
    new_mtime_ns INTEGER NOT NULL,
    taken_back INTEGER, -- the row of gain_tags that is taken back
    draft BLOB NOT NULL, -- the name beside the file by which the two are swapped
    old_size INTEGER NOT NULL, -- all bytes of the old file and of the new one, by number and hash
    old_hash BLOB NOT NULL,
    new_size INTEGER NOT NULL,
    new_hash BLOB NOT NULL
) STRICT, WITHOUT ROWID;
