-- What the oldest unit of a set of products took gives way to the newest: found without a look at the others, for a
-- first scan asks for it with each file.
CREATE INDEX costs_by_age ON costs (kinds, made_at, slot);
