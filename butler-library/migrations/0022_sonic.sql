-- What tracks sound like is asked of all of them at once, and kept in memory for that: which sources' `sonic` came, changed
-- or went is written down here, so that what is kept follows with little. The newest 10,000 changes are enough: who has
-- seen none of them reads all anew.
--
-- Trait (butler-product/src/traits.rs): audio 1024, of the contents of audio files.

UPDATE sources SET traits = traits | 1024 WHERE id IN (SELECT source FROM parts WHERE medium = 'audio');

CREATE TABLE sonic_changes (
    id INTEGER PRIMARY KEY, -- the newest ones stay, so that none comes twice
    source INTEGER NOT NULL -- no reference: it may be gone
) STRICT;

CREATE TRIGGER sonic_changed_with_new_product AFTER INSERT ON products WHEN NEW.kind = 'sonic' BEGIN
    INSERT INTO sonic_changes (source) VALUES (NEW.source);
END;

CREATE TRIGGER sonic_changed_with_changed_product AFTER UPDATE ON products WHEN NEW.kind = 'sonic' OR OLD.kind = 'sonic' BEGIN
    INSERT INTO sonic_changes (source) VALUES (NEW.source);
    INSERT INTO sonic_changes (source) SELECT OLD.source WHERE OLD.source <> NEW.source;
END;

CREATE TRIGGER sonic_changed_with_gone_product AFTER DELETE ON products WHEN OLD.kind = 'sonic' BEGIN
    INSERT INTO sonic_changes (source) VALUES (OLD.source);
END;

CREATE TRIGGER sonic_changes_bounded AFTER INSERT ON sonic_changes BEGIN
    DELETE FROM sonic_changes WHERE id <= NEW.id - 10000;
END;
