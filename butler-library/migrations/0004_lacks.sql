-- What a scan asks at its end, whose headers are still unknown, is answered by the few that are meant, not by the whole library.
ALTER TABLE sources ADD COLUMN headers INTEGER NOT NULL DEFAULT 0; -- the version of its media_info; 0 before there is one
UPDATE sources SET headers = coalesce((SELECT version FROM products WHERE source = sources.id AND kind = 'media_info'), 0);
CREATE INDEX sources_by_headers ON sources (headers);
CREATE INDEX parts_by_medium ON parts (medium);
-- Without the values: these are long.
CREATE INDEX products_made ON products (kind, source, version, params);
