-- What a source has stands as bits in one column, and what a demand needs of one in another: a source is meant
-- where it has all that is needed. No kind of product and no kind of file is named from here on.
--
-- The bits are those of `Traits` in butler-product/src/traits.rs: content 1, video 2, sound 4, chapters 8, playable
-- 16, photo 32, tagged 64, headers 128.

DROP TRIGGER lacks_of_new_part;
DROP TRIGGER lacks_of_changed_part;
DROP TRIGGER lacks_of_gone_part;
DROP TRIGGER lacks_of_source_with_video;
DROP TRIGGER lacks_of_source_without_video;
DROP TRIGGER lacks_of_unheard_source;
DROP TRIGGER lacks_of_gone_source;
DROP TRIGGER lacks_of_new_product;
DROP TRIGGER lacks_of_changed_product;
DROP TRIGGER lacks_of_gone_product;
DROP VIEW lacking;
DROP VIEW meant;

ALTER TABLE sources ADD COLUMN traits INTEGER NOT NULL DEFAULT 0;

-- What files of such names may have.
UPDATE sources SET traits = named.traits
FROM (
    SELECT source, 1 | max(CASE medium WHEN 'video' THEN 2 | 4 | 8 | 16 ELSE 0 END)
        | max(CASE medium WHEN 'audio' THEN 4 | 8 | 16 ELSE 0 END) | max(CASE medium WHEN 'photo' THEN 32 ELSE 0 END) AS traits
    FROM parts GROUP BY source
) AS named
WHERE named.source = sources.id;
UPDATE sources SET traits = traits | 64
WHERE id IN (SELECT tagged FROM parts WHERE medium = 'audio' AND tagged IS NOT NULL);

-- What headers say counts more. They were written by serde_json without spaces, and quotes inside their texts are
-- escaped: looking for the words finds the fields alone, and does not fail at a row that is damaged.
UPDATE sources SET traits = (traits & ~(2 | 4 | 8)) | 128 | iif(has_video, 2, 0)
    | coalesce((SELECT iif(instr(value, '"kind":"audio"'), 4, 0) | iif(instr(value, '"chapters":[{'), 8, 0)
        FROM products WHERE source = sources.id AND kind = 'media_info'), traits & (4 | 8))
WHERE has_video IS NOT NULL;

ALTER TABLE sources DROP COLUMN has_video;
CREATE INDEX sources_by_traits ON sources (traits);

-- One source may have products of one kind with several parameters, where the kind says so.
CREATE TABLE new_products (
    source INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    params TEXT NOT NULL,
    value TEXT NOT NULL,
    blob TEXT,
    blob_bytes INTEGER,
    made_from BLOB NOT NULL CHECK (length(made_from) = 32),
    made_at INTEGER NOT NULL,
    PRIMARY KEY (source, kind, params),
    CHECK ((blob IS NULL) = (blob_bytes IS NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO new_products SELECT * FROM products ORDER BY source, kind;
DROP TABLE products;
ALTER TABLE new_products RENAME TO products;
CREATE INDEX products_made ON products (kind, source, version, params);
CREATE INDEX products_by_blob ON products (blob, blob_bytes) WHERE blob IS NOT NULL;
CREATE INDEX products_blob_bytes ON products (kind, blob_bytes) WHERE blob IS NOT NULL;

-- What was kept of lacks is counted anew once the demands are stated, as after any change of them.
DELETE FROM lacks;
DROP TABLE demands;
CREATE TABLE demands (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    params TEXT NOT NULL,
    at_least INTEGER NOT NULL, -- the oldest version that serves
    needs INTEGER NOT NULL, -- traits
    counted_to INTEGER, -- the lacks of sources up to this id are kept; null: those of all
    UNIQUE (kind, params, at_least, needs)
) STRICT;

-- Which sources a demand means: those that have what it needs, of which a file is there. What is needed of tags
-- is needed of the file with its tags.
CREATE VIEW meant AS
SELECT d.id AS demand, d.kind, d.params, d.at_least, d.needs, s.id AS source
FROM sources s CROSS JOIN demands d
WHERE (s.traits & d.needs) = d.needs AND CASE
    WHEN d.needs & 64 THEN EXISTS (SELECT 1 FROM parts p WHERE p.tagged = s.id AND p.missing_since IS NULL)
    ELSE EXISTS (SELECT 1 FROM parts p WHERE p.source = s.id AND p.missing_since IS NULL) END;

CREATE VIEW lacking AS
SELECT m.demand, m.needs, m.source FROM meant m
WHERE NOT EXISTS (
    SELECT 1 FROM products d INDEXED BY products_made
    WHERE d.kind = m.kind AND d.source = m.source AND d.version >= m.at_least AND d.params = m.params
);

-- Where a source may have come to lack something, it is looked for in the view; where it may have ceased to, what is
-- kept of it is. DO NOTHING rather than OR IGNORE: the latter gives way to what the statement says that fires the
-- trigger, such as an upsert.
CREATE TRIGGER lacks_of_new_part AFTER INSERT ON parts WHEN NEW.missing_since IS NULL BEGIN
    INSERT INTO lacks SELECT demand, source FROM lacking WHERE source = NEW.source ON CONFLICT DO NOTHING;
    INSERT INTO lacks SELECT demand, source FROM lacking
        WHERE NEW.tagged <> NEW.source AND source = NEW.tagged ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER lacks_of_changed_part AFTER UPDATE OF source, tagged, missing_since ON parts
WHEN OLD.source IS NOT NEW.source OR OLD.tagged IS NOT NEW.tagged
    OR (OLD.missing_since IS NULL) <> (NEW.missing_since IS NULL) BEGIN
    DELETE FROM lacks WHERE source IN (OLD.source, OLD.tagged) AND demand IN (SELECT id FROM demands)
        AND NOT EXISTS (SELECT 1 FROM meant m WHERE m.source = lacks.source AND m.demand = lacks.demand);
    INSERT INTO lacks SELECT demand, source FROM lacking
        WHERE NEW.missing_since IS NULL AND source = NEW.source ON CONFLICT DO NOTHING;
    INSERT INTO lacks SELECT demand, source FROM lacking
        WHERE NEW.missing_since IS NULL AND source = NEW.tagged AND NEW.tagged <> NEW.source ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER lacks_of_gone_part AFTER DELETE ON parts WHEN OLD.missing_since IS NULL BEGIN
    DELETE FROM lacks WHERE source IN (OLD.source, OLD.tagged) AND demand IN (SELECT id FROM demands)
        AND NOT EXISTS (SELECT 1 FROM meant m WHERE m.source = lacks.source AND m.demand = lacks.demand);
END;

CREATE TRIGGER lacks_of_changed_source AFTER UPDATE OF traits ON sources WHEN OLD.traits <> NEW.traits BEGIN
    DELETE FROM lacks WHERE source = NEW.id
        AND demand IN (SELECT id FROM demands WHERE (NEW.traits & needs) <> needs);
    INSERT INTO lacks SELECT demand, source FROM lacking
        WHERE source = NEW.id AND (OLD.traits & needs) <> needs ON CONFLICT DO NOTHING;
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
