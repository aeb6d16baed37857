-- Pictures of items that are no parts: posters, covers, backgrounds in files beside the media. One that is embedded in
-- a part needs no row: the part's source says that it has one.
--
-- Traits (butler-product/src/traits.rs): artwork 256, embedded 512.

CREATE TABLE pictures (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    item INTEGER REFERENCES items (id) ON DELETE SET NULL, -- null while what it belongs to is not there
    role TEXT NOT NULL CHECK (role IN ('poster', 'background', 'banner', 'logo', 'thumb')),
    root INTEGER NOT NULL REFERENCES roots (id) ON DELETE CASCADE,
    path BLOB NOT NULL, -- below the root
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    source INTEGER NOT NULL REFERENCES sources (id),
    added_at INTEGER NOT NULL,
    UNIQUE (root, path)
) STRICT;
CREATE INDEX pictures_by_source ON pictures (source);
CREATE INDEX pictures_by_item ON pictures (item);

-- What headers said before they were asked for it; found as in the migration before.
UPDATE sources SET traits = traits | 512
WHERE traits & 128 AND traits & (2 | 4) AND EXISTS (
    SELECT 1 FROM products WHERE source = sources.id AND kind = 'media_info' AND instr(value, '"kind":"picture"')
);

DROP VIEW meant;
CREATE VIEW meant AS
SELECT d.id AS demand, d.kind, d.params, d.at_least, d.needs, s.id AS source
FROM sources s CROSS JOIN demands d
WHERE (s.traits & d.needs) = d.needs AND CASE
    WHEN d.needs & 64 THEN EXISTS (SELECT 1 FROM parts p WHERE p.tagged = s.id AND p.missing_since IS NULL)
    WHEN d.needs & 256 THEN EXISTS (SELECT 1 FROM pictures p WHERE p.source = s.id AND p.item IS NOT NULL)
    ELSE EXISTS (SELECT 1 FROM parts p WHERE p.source = s.id AND p.missing_since IS NULL) END;

CREATE TRIGGER lacks_of_new_picture AFTER INSERT ON pictures WHEN NEW.item IS NOT NULL BEGIN
    INSERT INTO lacks SELECT demand, source FROM lacking WHERE source = NEW.source ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER lacks_of_changed_picture AFTER UPDATE OF item, source ON pictures
WHEN OLD.source <> NEW.source OR (OLD.item IS NULL) <> (NEW.item IS NULL) BEGIN
    DELETE FROM lacks WHERE source = OLD.source AND demand IN (SELECT id FROM demands)
        AND NOT EXISTS (SELECT 1 FROM meant m WHERE m.source = lacks.source AND m.demand = lacks.demand);
    INSERT INTO lacks SELECT demand, source FROM lacking WHERE source = NEW.source ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER lacks_of_gone_picture AFTER DELETE ON pictures BEGIN
    DELETE FROM lacks WHERE source = OLD.source AND demand IN (SELECT id FROM demands)
        AND NOT EXISTS (SELECT 1 FROM meant m WHERE m.source = lacks.source AND m.demand = lacks.demand);
END;
