-- The contents of its section that a run is limited to, as a JSON array of sources' ids; none for all of it. No
-- reference: history outlives them.
ALTER TABLE runs ADD COLUMN sources TEXT;

-- What is derived of an item's files follows from which of its children have them, too, from now on: each is looked at
-- once more.
INSERT INTO underived (kind, item) SELECT kind, item FROM item_products WHERE true
    ON CONFLICT DO UPDATE SET changes = changes + 1;
