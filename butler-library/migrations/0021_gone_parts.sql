-- Files that are gone are few, and each scan looks for those that others replaced.
CREATE INDEX parts_gone ON parts (root, missing_since) WHERE missing_since IS NOT NULL;
