-- Lists that are asked for page by page, and the check of blobs, are served in the order of an index.

CREATE INDEX failures_by_time ON failures (failed_at, id);

-- With the bytes, so that the check of a million blobs touches no product's value.
DROP INDEX products_by_blob;
CREATE INDEX products_by_blob ON products (blob, blob_bytes) WHERE blob IS NOT NULL;
