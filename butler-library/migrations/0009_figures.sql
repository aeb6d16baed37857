-- How much the blobs of each product take, without reading the values beside them.
CREATE INDEX products_blob_bytes ON products (kind, blob_bytes) WHERE blob IS NOT NULL;
