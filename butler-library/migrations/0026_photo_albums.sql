-- The photos of a folder are an album. Nothing stored changes its form, so the table's text is written anew, as SQLite's
-- page on ALTER TABLE has it (section 7): rows, indices and triggers stay.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''photo'', ''extra''', '''photo'', ''photoalbum'', ''extra''')
    WHERE type = 'table' AND name = 'items';
PRAGMA writable_schema = RESET;

-- Photos that are known find their albums with the next scan, which reads each once more.
UPDATE parts SET tagged = NULL
    WHERE root IN (SELECT r.id FROM roots r JOIN sections s ON s.id = r.section WHERE s.kind = 'photo');
