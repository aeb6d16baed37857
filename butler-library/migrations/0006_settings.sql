-- The switches of a section that a person set; a switch that was never set is on.

CREATE TABLE section_switches (
    section INTEGER NOT NULL REFERENCES sections (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    is_on INTEGER NOT NULL CHECK (is_on IN (0, 1)),
    PRIMARY KEY (section, id)
) STRICT, WITHOUT ROWID;
