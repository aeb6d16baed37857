-- The set of lacks, kept for the demands that stand, so that asking what is left to do in a large library touches what is left and no
-- more. What a lack is stands in the view `lacking`, once: triggers keep the table equal to it, and it can be filled from it anew.

CREATE TABLE demands (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    params TEXT NOT NULL,
    at_least INTEGER NOT NULL, -- the oldest version that serves
    subjects TEXT NOT NULL CHECK (subjects IN ('all_parts', 'video_parts', 'playable_parts', 'tagged_parts', 'photo_parts')),
    UNIQUE (kind, params, at_least, subjects)
) STRICT;

CREATE TABLE lacks (
    demand INTEGER NOT NULL REFERENCES demands (id),
    source INTEGER NOT NULL,
    PRIMARY KEY (demand, source)
) STRICT, WITHOUT ROWID;

-- What a demand means, a row a file that is there.
CREATE VIEW meant AS
SELECT d.id AS demand, d.kind, d.params, d.at_least, p.source
FROM parts p CROSS JOIN sources s ON s.id = p.source CROSS JOIN demands d
WHERE p.missing_since IS NULL AND CASE d.subjects
    WHEN 'all_parts' THEN 1
    WHEN 'video_parts' THEN coalesce(s.has_video, p.medium = 'video')
    WHEN 'playable_parts' THEN p.medium <> 'photo'
    WHEN 'photo_parts' THEN p.medium = 'photo'
    ELSE 0 END
UNION ALL
SELECT d.id, d.kind, d.params, d.at_least, p.tagged
FROM parts p CROSS JOIN demands d
WHERE p.missing_since IS NULL AND p.medium = 'audio' AND p.tagged IS NOT NULL AND d.subjects = 'tagged_parts'
UNION ALL
-- A file whose tags were never looked at stands for itself.
SELECT d.id, d.kind, d.params, d.at_least, p.source
FROM parts p CROSS JOIN demands d
WHERE p.missing_since IS NULL AND p.medium = 'audio' AND p.tagged IS NULL AND d.subjects = 'tagged_parts';

CREATE VIEW lacking AS
SELECT m.demand, m.source FROM meant m
WHERE NOT EXISTS (
    SELECT 1 FROM products d INDEXED BY products_made
    WHERE d.kind = m.kind AND d.source = m.source AND d.version >= m.at_least AND d.params = m.params
);

-- Where a source may have come to lack something, it is looked for in the view; where it may have ceased to, what is kept of it is.
-- DO NOTHING rather than OR IGNORE: the latter gives way to what the statement says that fires the trigger, such as an upsert.
-- A first scan brings parts and headers by the hundred thousand, so these two say again what the view says, of one row.
CREATE TRIGGER lacks_of_new_part AFTER INSERT ON parts WHEN NEW.missing_since IS NULL BEGIN
    INSERT INTO lacks SELECT d.id, iif(d.subjects = 'tagged_parts', coalesce(NEW.tagged, NEW.source), NEW.source)
    FROM demands d
    WHERE CASE d.subjects
        WHEN 'all_parts' THEN 1
        WHEN 'video_parts' THEN coalesce((SELECT has_video FROM sources WHERE id = NEW.source), NEW.medium = 'video')
        WHEN 'playable_parts' THEN NEW.medium <> 'photo'
        WHEN 'tagged_parts' THEN NEW.medium = 'audio'
        WHEN 'photo_parts' THEN NEW.medium = 'photo' END
    AND NOT EXISTS (
        SELECT 1 FROM products m
        WHERE m.source = iif(d.subjects = 'tagged_parts', coalesce(NEW.tagged, NEW.source), NEW.source)
            AND m.kind = d.kind AND m.version >= d.at_least AND m.params = d.params)
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER lacks_of_changed_part AFTER UPDATE OF source, tagged, medium, missing_since ON parts
WHEN OLD.source IS NOT NEW.source OR OLD.tagged IS NOT NEW.tagged OR OLD.medium IS NOT NEW.medium
    OR (OLD.missing_since IS NULL) <> (NEW.missing_since IS NULL) BEGIN
    DELETE FROM lacks WHERE source IN (OLD.source, OLD.tagged) AND demand IN (SELECT id FROM demands)
        AND NOT EXISTS (SELECT 1 FROM meant m WHERE m.source = lacks.source AND m.demand = lacks.demand);
    INSERT INTO lacks SELECT demand, source FROM lacking WHERE NEW.missing_since IS NULL AND source = NEW.source ON CONFLICT DO NOTHING;
    INSERT INTO lacks SELECT demand, source FROM lacking
        WHERE NEW.missing_since IS NULL AND source = NEW.tagged AND NEW.tagged <> NEW.source ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER lacks_of_gone_part AFTER DELETE ON parts WHEN OLD.missing_since IS NULL BEGIN
    DELETE FROM lacks WHERE source IN (OLD.source, OLD.tagged) AND demand IN (SELECT id FROM demands)
        AND NOT EXISTS (SELECT 1 FROM meant m WHERE m.source = lacks.source AND m.demand = lacks.demand);
END;

CREATE TRIGGER lacks_of_source_with_video AFTER UPDATE OF has_video ON sources WHEN NEW.has_video = 1 AND OLD.has_video IS NOT 1 BEGIN
    INSERT INTO lacks SELECT d.id, NEW.id FROM demands d
    WHERE d.subjects = 'video_parts' AND NOT EXISTS (SELECT 1 FROM lacks k WHERE k.demand = d.id AND k.source = NEW.id)
        AND EXISTS (SELECT 1 FROM lacking l WHERE l.demand = d.id AND l.source = NEW.id);
END;

CREATE TRIGGER lacks_of_source_without_video AFTER UPDATE OF has_video ON sources WHEN NEW.has_video = 0 AND OLD.has_video IS NOT 0 BEGIN
    DELETE FROM lacks WHERE source = NEW.id AND demand IN (SELECT id FROM demands WHERE subjects = 'video_parts');
END;

CREATE TRIGGER lacks_of_unheard_source AFTER UPDATE OF has_video ON sources WHEN NEW.has_video IS NULL AND OLD.has_video IS NOT NULL BEGIN
    DELETE FROM lacks WHERE source = NEW.id AND demand IN (SELECT id FROM demands WHERE subjects = 'video_parts')
        AND NOT EXISTS (SELECT 1 FROM meant m WHERE m.source = lacks.source AND m.demand = lacks.demand);
    INSERT INTO lacks SELECT demand, source FROM lacking WHERE source = NEW.id ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER lacks_of_gone_source AFTER DELETE ON sources BEGIN
    DELETE FROM lacks WHERE source = OLD.id AND demand IN (SELECT id FROM demands);
END;

CREATE TRIGGER lacks_of_new_product AFTER INSERT ON products BEGIN
    DELETE FROM lacks WHERE source = NEW.source
        AND demand IN (SELECT id FROM demands WHERE kind = NEW.kind AND at_least <= NEW.version AND params = NEW.params);
END;

CREATE TRIGGER lacks_of_changed_product AFTER UPDATE OF source, kind, version, params ON products
WHEN OLD.version <> NEW.version OR OLD.params <> NEW.params OR OLD.kind <> NEW.kind OR OLD.source <> NEW.source BEGIN
    DELETE FROM lacks WHERE source = NEW.source
        AND demand IN (SELECT id FROM demands WHERE kind = NEW.kind AND at_least <= NEW.version AND params = NEW.params);
    INSERT INTO lacks SELECT demand, source FROM lacking WHERE source = OLD.source ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER lacks_of_gone_product AFTER DELETE ON products BEGIN
    INSERT INTO lacks SELECT demand, source FROM lacking WHERE source = OLD.source ON CONFLICT DO NOTHING;
END;
