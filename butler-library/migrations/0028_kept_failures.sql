-- What is asked of failures whenever a page is shown, and of lacks that failures hold back, is kept: so neither
-- takes longer where 100,000 files failed. What is kept follows from what is there;
-- `butler-library/src/invariants.rs` says each rule once more.

-- How many files hold the content of what failed: none is listed of which no file is there any more. A file or
-- folder that a scan could not read is one, and an item below which a file is there.
ALTER TABLE failures ADD COLUMN files INTEGER NOT NULL DEFAULT 0;

-- Failures that have all but the file in common; one with no file is in none.
CREATE TABLE failure_counts (
    kind TEXT NOT NULL, -- empty: what a scan could not read
    class TEXT NOT NULL,
    sentence TEXT NOT NULL,
    version INTEGER NOT NULL,
    held_until INTEGER NOT NULL, -- when it may be tried again; 9223372036854775807: it rests
    failures INTEGER NOT NULL,
    files INTEGER NOT NULL,
    PRIMARY KEY (kind, class, sentence, version, held_until)
) STRICT, WITHOUT ROWID;

-- Files that are there of which something failed, each once: a part's id, or a picture's with a minus.
CREATE TABLE failed_contents (file INTEGER PRIMARY KEY) STRICT;

-- The file that is there holds the content.
CREATE VIEW holders AS
SELECT source, id AS file FROM parts WHERE missing_since IS NULL
UNION ALL SELECT tagged, id FROM parts WHERE missing_since IS NULL AND tagged <> source
UNION ALL SELECT source, -id FROM pictures WHERE item IS NOT NULL;

-- Lists are served in the order of an index, of one product and of one run too.
DROP INDEX failures_by_time;
CREATE INDEX failures_by_time ON failures (failed_at, id) WHERE files > 0;
CREATE INDEX failures_by_kind ON failures (kind, failed_at, id) WHERE files > 0;
CREATE INDEX failures_by_reason ON failures (kind, class, sentence, failed_at) WHERE files > 0;
CREATE INDEX failures_by_run ON failures (run, failed_at, id) WHERE files > 0;

-- A lack says until when failures hold it back, by the versions that its demand makes. What was kept of lacks
-- is counted anew once the demands are stated, as after any change of them.
DELETE FROM lacks;
DROP TABLE demands;
CREATE TABLE demands (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    params TEXT NOT NULL,
    at_least INTEGER NOT NULL, -- the oldest version that serves
    needs INTEGER NOT NULL, -- traits
    makes INTEGER NOT NULL, -- the version that is made
    after INTEGER NOT NULL, -- the version of the headers that it is made after; 0: after none
    counted_to INTEGER, -- the lacks of sources up to this id are kept; null: those of all
    UNIQUE (kind, params, at_least, needs, makes, after)
) STRICT;
ALTER TABLE lacks ADD COLUMN held_until INTEGER NOT NULL DEFAULT 0; -- 0: not at all; as in failure_counts
CREATE INDEX lacks_by_hold ON lacks (demand, held_until);

-- The triggers that find lacks name no column. Nothing stored changes its form.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
    SET sql = replace(sql, 'INSERT INTO lacks SELECT', 'INSERT INTO lacks (demand, source) SELECT')
    WHERE type = 'trigger';
PRAGMA writable_schema = RESET;

-- What inserts a source here has all that is kept of its failures brought up to date.
CREATE VIEW failing AS SELECT DISTINCT source FROM failures WHERE source IS NOT NULL;
CREATE TRIGGER keep_failing INSTEAD OF INSERT ON failing BEGIN
    UPDATE failures SET files = (SELECT count(*) FROM holders h WHERE h.source = NEW.source)
        WHERE source = NEW.source;
    INSERT INTO failed_contents SELECT file FROM holders h WHERE h.source = NEW.source
        AND EXISTS (SELECT 1 FROM failures f WHERE f.source = NEW.source) ON CONFLICT DO NOTHING;
    UPDATE lacks SET held_until = coalesce((
        SELECT max(coalesce(f.next_try_at, 9223372036854775807)) FROM demands d CROSS JOIN failures f
        WHERE d.id = lacks.demand AND f.source = NEW.source
            AND ((f.kind = d.kind AND f.version = d.makes) OR (f.kind = 'media_info' AND f.version = d.after))
    ), 0) WHERE source = NEW.source AND demand IN (SELECT id FROM demands);
END;

CREATE TRIGGER count_new_failure AFTER INSERT ON failures BEGIN
    INSERT INTO failing SELECT NEW.source WHERE NEW.source IS NOT NULL;
    UPDATE failures SET files = NEW.source IS NULL AND (NEW.root IS NOT NULL OR EXISTS (
        SELECT 1 FROM items c JOIN media m ON m.item = c.id JOIN parts p ON p.media = m.id
        WHERE c.parent = NEW.item AND p.missing_since IS NULL
    )) WHERE id = NEW.id AND NEW.source IS NULL;
END;

CREATE TRIGGER hold_by_changed_failure AFTER UPDATE OF kind, version, next_try_at ON failures
WHEN NEW.source IS NOT NULL
    AND (OLD.kind, OLD.version, OLD.next_try_at) IS NOT (NEW.kind, NEW.version, NEW.next_try_at) BEGIN
    INSERT INTO failing VALUES (NEW.source);
END;

CREATE TRIGGER count_changed_failure
AFTER UPDATE OF kind, class, sentence, version, next_try_at, files ON failures
WHEN (OLD.kind, OLD.class, OLD.sentence, OLD.version, OLD.next_try_at, OLD.files)
    IS NOT (NEW.kind, NEW.class, NEW.sentence, NEW.version, NEW.next_try_at, NEW.files) BEGIN
    INSERT INTO failure_counts SELECT coalesce(OLD.kind, ''), OLD.class, OLD.sentence,
        coalesce(OLD.version, 0), coalesce(OLD.next_try_at, 9223372036854775807), -1, -OLD.files WHERE OLD.files > 0
        ON CONFLICT DO UPDATE SET failures = failures - 1, files = files + excluded.files;
    INSERT INTO failure_counts SELECT coalesce(NEW.kind, ''), NEW.class, NEW.sentence,
        coalesce(NEW.version, 0), coalesce(NEW.next_try_at, 9223372036854775807), 1, NEW.files WHERE NEW.files > 0
        ON CONFLICT DO UPDATE SET failures = failures + 1, files = files + excluded.files;
    DELETE FROM failure_counts
        WHERE kind = coalesce(OLD.kind, '') AND class = OLD.class AND sentence = OLD.sentence
        AND version = coalesce(OLD.version, 0)
        AND held_until = coalesce(OLD.next_try_at, 9223372036854775807) AND failures = 0 AND files = 0;
END;

CREATE TRIGGER count_gone_failure AFTER DELETE ON failures BEGIN
    UPDATE failure_counts SET failures = failures - 1, files = files - OLD.files
        WHERE kind = coalesce(OLD.kind, '') AND class = OLD.class AND sentence = OLD.sentence
            AND version = coalesce(OLD.version, 0)
            AND held_until = coalesce(OLD.next_try_at, 9223372036854775807) AND OLD.files > 0;
    DELETE FROM failure_counts
        WHERE kind = coalesce(OLD.kind, '') AND class = OLD.class AND sentence = OLD.sentence
        AND version = coalesce(OLD.version, 0)
        AND held_until = coalesce(OLD.next_try_at, 9223372036854775807) AND failures = 0 AND files = 0;
    DELETE FROM failed_contents WHERE file IN (SELECT file FROM holders h WHERE h.source = OLD.source)
        AND NOT EXISTS (SELECT 1 FROM failures f WHERE f.source = OLD.source)
        AND NOT EXISTS (SELECT 1 FROM parts p JOIN failures f ON f.source IN (p.source, p.tagged)
            WHERE p.id = failed_contents.file);
    INSERT INTO failing SELECT OLD.source WHERE OLD.source IS NOT NULL;
END;

CREATE TRIGGER failing_with_new_lack AFTER INSERT ON lacks
WHEN EXISTS (SELECT 1 FROM failures WHERE source = NEW.source) BEGIN
    INSERT INTO failing VALUES (NEW.source);
END;

CREATE TRIGGER failing_with_new_part AFTER INSERT ON parts
WHEN EXISTS (SELECT 1 FROM failures WHERE source IN (NEW.source, NEW.tagged)) BEGIN
    INSERT INTO failing SELECT DISTINCT source FROM failures WHERE source IN (NEW.source, NEW.tagged);
END;
CREATE TRIGGER failing_with_changed_part AFTER UPDATE OF source, tagged, missing_since ON parts
WHEN OLD.source <> NEW.source OR OLD.tagged IS NOT NEW.tagged
    OR (OLD.missing_since IS NULL) <> (NEW.missing_since IS NULL) BEGIN
    DELETE FROM failed_contents WHERE file = NEW.id;
    INSERT INTO failing SELECT DISTINCT source FROM failures
        WHERE source IN (OLD.source, OLD.tagged, NEW.source, NEW.tagged);
END;
CREATE TRIGGER failing_with_gone_part AFTER DELETE ON parts
WHEN EXISTS (SELECT 1 FROM failures WHERE source IN (OLD.source, OLD.tagged)) BEGIN
    DELETE FROM failed_contents WHERE file = OLD.id;
    INSERT INTO failing SELECT DISTINCT source FROM failures WHERE source IN (OLD.source, OLD.tagged);
END;

CREATE TRIGGER failing_with_new_picture AFTER INSERT ON pictures
WHEN EXISTS (SELECT 1 FROM failures WHERE source = NEW.source) BEGIN
    INSERT INTO failing SELECT DISTINCT source FROM failures WHERE source = NEW.source;
END;
CREATE TRIGGER failing_with_changed_picture AFTER UPDATE OF item, source ON pictures
WHEN OLD.source <> NEW.source OR (OLD.item IS NULL) <> (NEW.item IS NULL) BEGIN
    DELETE FROM failed_contents WHERE file = -NEW.id;
    INSERT INTO failing SELECT DISTINCT source FROM failures WHERE source IN (OLD.source, NEW.source);
END;
CREATE TRIGGER failing_with_gone_picture AFTER DELETE ON pictures
WHEN EXISTS (SELECT 1 FROM failures WHERE source = OLD.source) BEGIN
    DELETE FROM failed_contents WHERE file = -OLD.id;
    INSERT INTO failing SELECT DISTINCT source FROM failures WHERE source = OLD.source;
END;

-- Whatever changes below an item marks it (0019_underived.sql).
CREATE TRIGGER failing_with_changed_item AFTER INSERT ON underived
WHEN EXISTS (SELECT 1 FROM failures WHERE item = NEW.item) BEGIN
    UPDATE failures SET files = EXISTS (
        SELECT 1 FROM items c JOIN media m ON m.item = c.id JOIN parts p ON p.media = m.id
        WHERE c.parent = NEW.item AND p.missing_since IS NULL
    ) WHERE item = NEW.item;
END;
CREATE TRIGGER failing_with_item_that_changed_more AFTER UPDATE OF changes ON underived
WHEN EXISTS (SELECT 1 FROM failures WHERE item = NEW.item) BEGIN
    UPDATE failures SET files = EXISTS (
        SELECT 1 FROM items c JOIN media m ON m.item = c.id JOIN parts p ON p.media = m.id
        WHERE c.parent = NEW.item AND p.missing_since IS NULL
    ) WHERE item = NEW.item;
END;

-- What failed until now.
UPDATE failures SET files = 1 WHERE root IS NOT NULL;
UPDATE failures SET files = EXISTS (
    SELECT 1 FROM items c JOIN media m ON m.item = c.id JOIN parts p ON p.media = m.id
    WHERE c.parent = failures.item AND p.missing_since IS NULL
) WHERE item IS NOT NULL;
INSERT INTO failing SELECT DISTINCT source FROM failures WHERE source IS NOT NULL;
