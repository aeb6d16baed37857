-- What the night needs to know: the day on which a run ended, when Butler was there, and what a person holds.

ALTER TABLE runs ADD COLUMN ended_day TEXT; -- the maintenance day of the instant `ended_at`
UPDATE runs SET ended_day = day WHERE ended_at IS NOT NULL; -- what was not kept is taken to be the day it began

ALTER TABLE sections ADD COLUMN first_scanned_at INTEGER; -- when its first whole scan ended
UPDATE sections SET first_scanned_at = scanned_at; -- what was there before was not kept

CREATE TABLE attendance (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    seen_at INTEGER NOT NULL,
    away_on TEXT
) STRICT;

CREATE TABLE pauses (
    owner TEXT PRIMARY KEY,
    note TEXT,
    since INTEGER NOT NULL,
    until INTEGER, -- an instant; null with until_window 0: until it is lifted
    until_window INTEGER NOT NULL CHECK (until_window IN (0, 1)),
    drains INTEGER NOT NULL CHECK (drains IN (0, 1))
) STRICT, WITHOUT ROWID;
