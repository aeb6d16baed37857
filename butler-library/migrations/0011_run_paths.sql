-- What of its section a scan is limited to: files and folders with a zero byte between them; none for all of it.
ALTER TABLE runs ADD COLUMN paths BLOB;
