-- What audio files and photos say of themselves: the content of a file with its tags, discs, track artists, genres, dates taken.

-- The source of the file with its tags, which differs from its source only where tags lie outside of a fingerprint. Null where a
-- file has not been read since there is this column: the next scan reads it, and its tags then.
ALTER TABLE parts ADD COLUMN tagged INTEGER REFERENCES sources (id);
CREATE INDEX parts_by_tagged ON parts (tagged, missing_since);
UPDATE parts SET tagged = source WHERE medium <> 'audio';

ALTER TABLE items ADD COLUMN disc INTEGER; -- of a track
ALTER TABLE items ADD COLUMN original_title TEXT; -- of a track: who performs it, where that is not the artist above
ALTER TABLE items ADD COLUMN genres TEXT NOT NULL DEFAULT '[]'; -- of a track, a JSON array
ALTER TABLE items ADD COLUMN taken TEXT; -- of a photo, by its camera's clock: `2024-01-31T12:34:56`
ALTER TABLE items ADD COLUMN taken_offset INTEGER; -- minutes by which that is ahead of UTC, where it is known
ALTER TABLE items ADD COLUMN taken_from TEXT CHECK (taken_from IN ('exif', 'name', 'file')); -- what says so
CREATE INDEX items_by_taken ON items (section, taken, id) WHERE kind = 'photo';
