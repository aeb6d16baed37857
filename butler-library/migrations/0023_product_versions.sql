-- How many products of each version there are: whether anything older is stored than this build makes is known
-- without going through all that is.

CREATE TABLE product_versions (
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    products INTEGER NOT NULL,
    PRIMARY KEY (kind, version)
) STRICT, WITHOUT ROWID;
INSERT INTO product_versions SELECT kind, version, count(*) FROM products INDEXED BY products_made GROUP BY kind, version;

CREATE TRIGGER versions_of_new_product AFTER INSERT ON products BEGIN
    INSERT INTO product_versions VALUES (NEW.kind, NEW.version, 1) ON CONFLICT DO UPDATE SET products = products + 1;
END;

CREATE TRIGGER versions_of_changed_product AFTER UPDATE OF kind, version ON products
WHEN OLD.kind <> NEW.kind OR OLD.version <> NEW.version BEGIN
    UPDATE product_versions SET products = products - 1 WHERE kind = OLD.kind AND version = OLD.version;
    INSERT INTO product_versions VALUES (NEW.kind, NEW.version, 1) ON CONFLICT DO UPDATE SET products = products + 1;
END;

CREATE TRIGGER versions_of_gone_product AFTER DELETE ON products BEGIN
    UPDATE product_versions SET products = products - 1 WHERE kind = OLD.kind AND version = OLD.version;
END;
