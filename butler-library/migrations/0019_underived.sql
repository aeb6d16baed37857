-- Items whose derived products may be lacking: what lies below them changed since they were last looked at. A kind
-- has marks from the first time on that somebody asks for what is lacking of it, by this version.

CREATE TABLE derivations (
    kind TEXT NOT NULL,
    of_kind TEXT NOT NULL, -- of items
    version INTEGER NOT NULL,
    PRIMARY KEY (kind, of_kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE underived (
    kind TEXT NOT NULL,
    item INTEGER NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    changes INTEGER NOT NULL DEFAULT 1, -- a mark goes only if it is still the one that was looked at
    PRIMARY KEY (kind, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX underived_by_item ON underived (item);

-- Which products of which items are derived of the files of an item below them.
CREATE VIEW derivable AS
SELECT d.kind, above.id AS item, below.id AS child
FROM items below JOIN items above ON above.id = below.parent JOIN derivations d ON d.of_kind = above.kind;

CREATE TRIGGER underived_with_new_part AFTER INSERT ON parts BEGIN
    INSERT INTO underived (kind, item)
        SELECT a.kind, a.item FROM media m JOIN derivable a ON a.child = m.item WHERE m.id = NEW.media
        ON CONFLICT DO UPDATE SET changes = changes + 1;
END;

CREATE TRIGGER underived_with_changed_part AFTER UPDATE OF source, media, missing_since ON parts
WHEN OLD.source <> NEW.source OR OLD.media <> NEW.media OR (OLD.missing_since IS NULL) <> (NEW.missing_since IS NULL) BEGIN
    INSERT INTO underived (kind, item)
        SELECT a.kind, a.item FROM media m JOIN derivable a ON a.child = m.item WHERE m.id IN (OLD.media, NEW.media)
        ON CONFLICT DO UPDATE SET changes = changes + 1;
END;

CREATE TRIGGER underived_with_gone_part AFTER DELETE ON parts BEGIN
    INSERT INTO underived (kind, item)
        SELECT a.kind, a.item FROM media m JOIN derivable a ON a.child = m.item WHERE m.id = OLD.media
        ON CONFLICT DO UPDATE SET changes = changes + 1;
END;

CREATE TRIGGER underived_with_moved_media AFTER UPDATE OF item ON media WHEN OLD.item <> NEW.item BEGIN
    INSERT INTO underived (kind, item)
        SELECT a.kind, a.item FROM derivable a WHERE a.child IN (OLD.item, NEW.item)
        ON CONFLICT DO UPDATE SET changes = changes + 1;
END;

CREATE TRIGGER underived_with_gone_media AFTER DELETE ON media BEGIN
    INSERT INTO underived (kind, item)
        SELECT a.kind, a.item FROM derivable a WHERE a.child = OLD.item
        ON CONFLICT DO UPDATE SET changes = changes + 1;
END;

CREATE TRIGGER underived_with_moved_item AFTER UPDATE OF parent, kind ON items
WHEN OLD.parent IS NOT NEW.parent OR OLD.kind <> NEW.kind BEGIN
    INSERT INTO underived (kind, item)
        SELECT d.kind, i.id FROM items i JOIN derivations d ON d.of_kind = i.kind WHERE i.id IN (OLD.parent, NEW.parent)
        ON CONFLICT DO UPDATE SET changes = changes + 1;
END;

CREATE TRIGGER underived_with_gone_item AFTER DELETE ON items WHEN OLD.parent IS NOT NULL BEGIN
    INSERT INTO underived (kind, item)
        SELECT d.kind, i.id FROM items i JOIN derivations d ON d.of_kind = i.kind WHERE i.id = OLD.parent
        ON CONFLICT DO UPDATE SET changes = changes + 1;
END;

CREATE TRIGGER underived_with_new_product AFTER INSERT ON products BEGIN
    INSERT INTO underived (kind, item)
        SELECT a.kind, a.item FROM parts p JOIN media m ON m.id = p.media JOIN derivable a ON a.child = m.item
        WHERE p.source = NEW.source ON CONFLICT DO UPDATE SET changes = changes + 1;
END;

CREATE TRIGGER underived_with_changed_product AFTER UPDATE ON products BEGIN
    INSERT INTO underived (kind, item)
        SELECT a.kind, a.item FROM parts p JOIN media m ON m.id = p.media JOIN derivable a ON a.child = m.item
        WHERE p.source IN (OLD.source, NEW.source) ON CONFLICT DO UPDATE SET changes = changes + 1;
END;

CREATE TRIGGER underived_with_gone_product AFTER DELETE ON products BEGIN
    INSERT INTO underived (kind, item)
        SELECT a.kind, a.item FROM parts p JOIN media m ON m.id = p.media JOIN derivable a ON a.child = m.item
        WHERE p.source = OLD.source ON CONFLICT DO UPDATE SET changes = changes + 1;
END;

CREATE TRIGGER underived_again AFTER DELETE ON item_products BEGIN
    INSERT INTO underived (kind, item)
        SELECT d.kind, i.id FROM items i JOIN derivations d ON d.of_kind = i.kind
        WHERE i.id = OLD.item AND d.kind = OLD.kind ON CONFLICT DO UPDATE SET changes = changes + 1;
END;
