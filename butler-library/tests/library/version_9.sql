-- The database of a data folder as Butler wrote it when its database had version 9: sections of films, music and photos,
-- scanned; headers, previews, tags and a photo read; a failure, two runs, settings, a switch, a pause and kept lacks.
-- It was made by the code of that time. Never edit it: what it holds is what somebody's folder may hold.

CREATE TABLE server (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    id TEXT NOT NULL
) STRICT;

CREATE TABLE settings (
    id TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
    holder TEXT PRIMARY KEY,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT, WITHOUT ROWID;

CREATE TABLE sections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('movie', 'show', 'artist', 'photo')),
    agent TEXT NOT NULL,
    scanner TEXT NOT NULL,
    language TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    scanned_at INTEGER,
    content_changed_at INTEGER NOT NULL DEFAULT 0 -- a count of changes, as Plex has it
, first_scanned_at INTEGER) STRICT;

CREATE TABLE roots (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    section INTEGER NOT NULL REFERENCES sections (id) ON DELETE CASCADE,
    path BLOB NOT NULL,
    -- Taken out of its section, kept until the next scan has seen whether its files moved to another root.
    removed INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1)),
    UNIQUE (section, path)
) STRICT;

CREATE TABLE media (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    item INTEGER NOT NULL REFERENCES items (id) ON DELETE CASCADE
, label TEXT, stack BLOB) STRICT;

CREATE TABLE sources (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    fingerprint BLOB NOT NULL UNIQUE CHECK (length(fingerprint) = 32),
    sampled BLOB NOT NULL CHECK (length(sampled) = 32), -- size, head, middle, tail
    deep BLOB NOT NULL CHECK (length(deep) = 32),       -- 64 more places
    size INTEGER NOT NULL,
    has_video INTEGER CHECK (has_video IN (0, 1)) -- by its media_info; null before there is one
, headers INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE TABLE parts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    media INTEGER NOT NULL REFERENCES media (id) ON DELETE CASCADE,
    root INTEGER NOT NULL REFERENCES roots (id) ON DELETE CASCADE,
    path BLOB NOT NULL, -- below the root
    medium TEXT NOT NULL CHECK (medium IN ('video', 'audio', 'photo')), -- by its name
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    dev INTEGER NOT NULL,
    source INTEGER NOT NULL REFERENCES sources (id),
    added_at INTEGER NOT NULL,
    missing_since INTEGER, piece INTEGER, tagged INTEGER REFERENCES sources (id),
    UNIQUE (root, path)
) STRICT;

CREATE TABLE products (
    source INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    params TEXT NOT NULL,
    value TEXT NOT NULL,
    blob TEXT,
    blob_bytes INTEGER,
    made_from BLOB NOT NULL CHECK (length(made_from) = 32),
    made_at INTEGER NOT NULL,
    PRIMARY KEY (source, kind),
    CHECK ((blob IS NULL) = (blob_bytes IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE failures (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source INTEGER REFERENCES sources (id) ON DELETE CASCADE,
    kind TEXT,
    version INTEGER,
    root INTEGER REFERENCES roots (id) ON DELETE CASCADE,
    path BLOB,
    class TEXT NOT NULL CHECK (class IN ('content', 'source', 'worker')),
    sentence TEXT NOT NULL,
    tries INTEGER NOT NULL,
    next_try_at INTEGER, -- null: rests
    failed_at INTEGER NOT NULL,
    run INTEGER,
    CHECK ((source IS NULL) = (kind IS NULL) AND (source IS NULL) = (version IS NULL)),
    CHECK ((root IS NULL) = (path IS NULL) AND (source IS NULL) <> (root IS NULL))
) STRICT;

CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    task TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    origin TEXT NOT NULL,
    forced INTEGER NOT NULL CHECK (forced IN (0, 1)),
    section INTEGER, -- no reference: history outlives its section
    asked_at INTEGER NOT NULL,
    scheduled_at INTEGER,
    started_at INTEGER,
    ended_at INTEGER,
    bound_until INTEGER,
    day TEXT,
    crash_day TEXT,
    crash_count INTEGER,
    done INTEGER NOT NULL,
    total INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    bytes_read INTEGER NOT NULL,
    report TEXT NOT NULL
, ended_day TEXT) STRICT;

CREATE TABLE "items" (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    section INTEGER NOT NULL REFERENCES sections (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('movie', 'show', 'season', 'episode', 'artist', 'album', 'track', 'photo', 'extra')),
    parent INTEGER REFERENCES items (id) ON DELETE CASCADE, -- of an extra: what it belongs to, once that is there
    key BLOB NOT NULL, -- what makes it itself among its parent's children
    title TEXT NOT NULL,
    sort_title TEXT NOT NULL,
    year INTEGER,
    number INTEGER, -- of the season, episode or track
    absolute INTEGER, -- of an episode, counted through all seasons
    aired TEXT, -- of an episode, `2009-02-10`
    edition TEXT, -- of a film
    ids TEXT NOT NULL DEFAULT '[]', -- a JSON array: `tmdb://949`
    extra TEXT, -- what kind of extra
    home BLOB, -- of a film, show or season: where its extras belong; of an extra: where it does
    about BLOB, -- of a film: its title and year; of an extra: which film or episode of its home, if its name says so
    added_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL, disc INTEGER, original_title TEXT, genres TEXT NOT NULL DEFAULT '[]', taken TEXT, taken_offset INTEGER, taken_from TEXT CHECK (taken_from IN ('exif', 'name', 'file')),
    CHECK ((kind = 'extra') = (extra IS NOT NULL)),
    CHECK ((kind IN ('movie', 'show', 'season', 'extra')) = (home IS NOT NULL))
) STRICT;

CREATE TABLE shared_media (
    media INTEGER NOT NULL REFERENCES media (id) ON DELETE CASCADE,
    item INTEGER NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    PRIMARY KEY (media, item)
) STRICT, WITHOUT ROWID;

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

CREATE TABLE section_switches (
    section INTEGER NOT NULL REFERENCES sections (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    is_on INTEGER NOT NULL CHECK (is_on IN (0, 1)),
    PRIMARY KEY (section, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE costs (
    kinds TEXT NOT NULL, -- names of the products that were made together, in the order in which they are made, apart by a space
    slot INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL, -- of the file
    media_ms INTEGER, -- its duration; null for what has none
    bytes_read INTEGER NOT NULL,
    work_ms INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    PRIMARY KEY (kinds, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE cost_sums (
    kinds TEXT PRIMARY KEY,
    units INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    media_ms INTEGER NOT NULL,
    bytes_read INTEGER NOT NULL,
    work_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE demands (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    params TEXT NOT NULL,
    at_least INTEGER NOT NULL, -- the oldest version that serves
    subjects TEXT NOT NULL CHECK (subjects IN ('all_parts', 'video_parts', 'playable_parts', 'tagged_parts', 'photo_parts')),
    UNIQUE (kind, params, at_least, subjects)
) STRICT;

CREATE TABLE lacks (
    demand INTEGER NOT NULL REFERENCES demands (id),
    source INTEGER NOT NULL,
    PRIMARY KEY (demand, source)
) STRICT, WITHOUT ROWID;

INSERT INTO demands (id, kind, params, at_least, subjects) VALUES
    (1, 'media_info', '', 1, 'all_parts'),
    (2, 'bif', 'interval_ms=10000 width=320', 1, 'video_parts'),
    (3, 'tags', '', 1, 'tagged_parts');

INSERT INTO failures (id, source, kind, version, root, path, class, sentence, tries, next_try_at, failed_at, run) VALUES
    (1, 1, 'bif', 2, NULL, NULL, 'content', 'Its first picture is damaged.', 1, 1800090000000, 1800000050000, 1);

INSERT INTO items (id, section, kind, parent, key, title, sort_title, year, number, absolute, aired, edition, ids, extra, home, about, added_at, updated_at, disc, original_title, genres, taken, taken_offset, taken_from) VALUES
    (1, 1, 'movie', NULL, x'64617320626f6f741f313938311f311f426f6f7420283139383129', 'Das Boot', 'Das Boot', 1981, NULL, NULL, NULL, NULL, '[]', NULL, x'311f426f6f7420283139383129', x'64617320626f6f741f31393831', 1800086400000, 1800086400000, NULL, NULL, '[]', NULL, NULL, NULL),
    (2, 1, 'movie', NULL, x'676f6e651f323030311f311f476f6e6520283230303129', 'Gone', 'Gone', 2001, NULL, NULL, NULL, NULL, '[]', NULL, x'311f476f6e6520283230303129', x'676f6e651f32303031', 1800086400000, 1800086400000, NULL, NULL, '[]', NULL, NULL, NULL),
    (3, 1, 'extra', 4, x'311f48656174202831393935292f48656174202831393935292d747261696c65722e6d6b76', 'Trailer', 'Trailer', NULL, NULL, NULL, NULL, NULL, '[]', 'trailer', x'311f4865617420283139393529', x'686561741f31393935', 1800086400000, 1800086400000, NULL, NULL, '[]', NULL, NULL, NULL),
    (4, 1, 'movie', NULL, x'686561741f313939351f311f4865617420283139393529', 'Heat', 'Heat', 1995, NULL, NULL, NULL, NULL, '[]', NULL, x'311f4865617420283139393529', x'686561741f31393935', 1800086400000, 1800086400000, NULL, NULL, '[]', NULL, NULL, NULL),
    (5, 1, 'movie', NULL, x'736f756e64206f6e6c791f323030321f311f', 'Sound only', 'Sound only', 2002, NULL, NULL, NULL, NULL, '[]', NULL, x'311f', x'736f756e64206f6e6c791f32303032', 1800086400000, 1800086400000, NULL, NULL, '[]', NULL, NULL, NULL),
    (6, 2, 'artist', NULL, CAST('miles davis' AS BLOB), 'Miles Davis', 'Miles Davis', NULL, NULL, NULL, NULL, NULL, '[]', NULL, NULL, NULL, 1800259200000, 1800259200000, NULL, NULL, '[]', NULL, NULL, NULL),
    (7, 2, 'album', 6, x'6b696e64206f6620626c75651f31393539', 'Kind of Blue', 'Kind of Blue', 1959, NULL, NULL, NULL, NULL, '[]', NULL, NULL, NULL, 1800259200000, 1800259200000, NULL, NULL, '[]', NULL, NULL, NULL),
    (8, 2, 'track', 7, x'1f311f736f2077686174', 'So What', 'So What', NULL, 1, NULL, NULL, NULL, '[]', NULL, NULL, NULL, 1800259200000, 1800259200000, NULL, NULL, '["Jazz"]', NULL, NULL, NULL),
    (9, 2, 'track', 7, x'1f321f66726564646965', 'Freddie', 'Freddie', NULL, 2, NULL, NULL, NULL, '[]', NULL, NULL, NULL, 1800259200000, 1800259200000, NULL, NULL, '[]', NULL, NULL, NULL),
    (10, 3, 'photo', NULL, x'331f4861727a2f494d475f303030312e6a7067', 'IMG_0001', 'IMG_0001', 2027, NULL, NULL, NULL, NULL, '[]', NULL, NULL, NULL, 1800345600000, 1800345600000, NULL, NULL, '[]', '2027-01-15T07:58:20', 0, 'file');

INSERT INTO lacks (demand, source) VALUES
    (1, 2),
    (1, 4),
    (1, 7),
    (1, 9),
    (1, 11),
    (2, 2),
    (2, 4),
    (3, 10);

INSERT INTO media (id, item, label, stack) VALUES
    (1, 1, NULL, x'311f426f6f74202831393831291f2e6176691f'),
    (2, 2, NULL, NULL),
    (3, 3, NULL, NULL),
    (4, 4, NULL, NULL),
    (5, 5, NULL, NULL),
    (6, 8, NULL, NULL),
    (7, 9, NULL, NULL),
    (8, 10, NULL, NULL);

INSERT INTO parts (id, media, root, path, medium, size, mtime_ns, inode, dev, source, added_at, missing_since, piece, tagged) VALUES
    (1, 1, 1, CAST('Boot (1981)/Das Boot (1981) - cd1.avi' AS BLOB), 'video', 800, 1799996400000000000, 11698258, 65024, 1, 1800086400000, NULL, 1, 1),
    (2, 1, 1, CAST('Boot (1981)/Das Boot (1981) - cd2.avi' AS BLOB), 'video', 800, 1799996400000000000, 11698274, 65024, 2, 1800086400000, NULL, 2, 2),
    (3, 2, 1, CAST('Gone (2001)/Gone (2001).mkv' AS BLOB), 'video', 600, 1799996400000000000, 11698307, 65024, 3, 1800086400000, 1800172800000, NULL, 3),
    (4, 3, 1, CAST('Heat (1995)/Heat (1995)-trailer.mkv' AS BLOB), 'video', 700, 1799996400000000000, 11698225, 65024, 4, 1800086400000, NULL, NULL, 4),
    (5, 4, 1, CAST('Heat (1995)/Heat (1995).mkv' AS BLOB), 'video', 900, 1799996400000000000, 11698193, 65024, 5, 1800086400000, NULL, NULL, 5),
    (6, 5, 1, CAST('Sound only (2002).mkv' AS BLOB), 'video', 600, 1799996400000000000, 11698323, 65024, 6, 1800086400000, NULL, NULL, 6),
    (7, 6, 2, CAST('Miles/Kind of Blue/01 So What.flac' AS BLOB), 'audio', 5049, 1799999900000000000, 11698357, 65024, 7, 1800259200000, NULL, NULL, 8),
    (8, 7, 2, CAST('Miles/Kind of Blue/02 Freddie.flac' AS BLOB), 'audio', 5049, 1799999900000000000, 11698370, 65024, 9, 1800259200000, NULL, NULL, 10),
    (9, 8, 3, CAST('Harz/IMG_0001.jpg' AS BLOB), 'photo', 900, 1799999900000000000, 11698418, 65024, 11, 1800345600000, NULL, NULL, 11);

INSERT INTO pauses (owner, note, since, until, until_window, drains) VALUES
    ('person', 'A film plays.', 1800000005000, NULL, 1, 0);

INSERT INTO products (source, kind, version, params, value, blob, blob_bytes, made_from, made_at) VALUES
    (1, 'media_info', 2, '', '{"value":"media_info","container":"","duration_ms":null,"bit_rate":null,"size_bytes":0,"streams":[],"chapters":[{"start_ms":0,"end_ms":1000,"title":"\"kind\":\"audio\""}],"tags":[]}', NULL, NULL, x'0158066236f0046a781835af42dcb047ca842497719df9353749be99c6479a2c', 1800086400000),
    (5, 'bif', 2, 'interval_ms=10000 width=320', '{"value":"bif","pictures":1,"interval_ms":10000,"width":320,"height":180}', 'bif/04/04fe1e5cae9243da82e4b12542fc30b443840544582654b7353e583b32758bef.bif', 8, x'c96c77998f658875cabdb4cad1b6ab9a955376a4c9ad492e5255509828c5b1fd', 1800086400000),
    (5, 'media_info', 2, '', '{"value":"media_info","container":"","duration_ms":null,"bit_rate":null,"size_bytes":0,"streams":[{"index":0,"kind":"video","codec":"h264","profile":null,"bit_rate":null,"language":null,"title":null,"default":true,"forced":false,"picture":null,"sound":null},{"index":0,"kind":"audio","codec":"h264","profile":null,"bit_rate":null,"language":null,"title":null,"default":true,"forced":false,"picture":null,"sound":null}],"chapters":[],"tags":[]}', NULL, NULL, x'c96c77998f658875cabdb4cad1b6ab9a955376a4c9ad492e5255509828c5b1fd', 1800086400000),
    (6, 'media_info', 2, '', '{"value":"media_info","container":"","duration_ms":null,"bit_rate":null,"size_bytes":0,"streams":[{"index":0,"kind":"audio","codec":"h264","profile":null,"bit_rate":null,"language":null,"title":null,"default":true,"forced":false,"picture":null,"sound":null}],"chapters":[],"tags":[]}', NULL, NULL, x'b8ef59a0c77909cc180bc8575389143ff1906b9010ed5e09725791c6ef1eeb81', 1800086400000),
    (8, 'tags', 1, '', '{"value":"tags","title":"So What","artists":["Miles Davis"],"album":"Kind of Blue","album_artists":[],"track":1,"track_total":null,"disc":null,"disc_total":null,"date":"1959","original_date":null,"genres":["Jazz"],"composers":[],"compilation":false,"musicbrainz":{"recording":null,"track":null,"release":null,"release_group":null,"artists":[],"album_artists":[]},"gain":{"track_gain":null,"track_peak":null,"album_gain":null,"album_peak":null,"r128_track_gain":null,"r128_album_gain":null},"has_lyrics":false,"has_picture":false}', NULL, NULL, x'067ce8d87d5df1cf96fe373d3b1670a762563cfe17374c2870bc8b27c9e3f5bd', 1800259200000),
    (11, 'photo', 1, '', '{"value":"photo","width":null,"height":null,"orientation":"upright","taken":null,"make":null,"model":null,"lens":null,"exposure_seconds":null,"aperture":null,"iso":null,"focal_length_mm":null,"place":null}', NULL, NULL, x'639a4670cd10cff67d61c7afeb6ce74f0e72e6ac4e8798a999b598897c161d3e', 1800345600000);

INSERT INTO roots (id, section, path, removed) VALUES
    (1, 1, CAST('/old/media' AS BLOB), 0),
    (2, 2, CAST('/old/music' AS BLOB), 0),
    (3, 3, CAST('/old/photos' AS BLOB), 0);

INSERT INTO runs (id, task, state, reason, origin, forced, section, asked_at, scheduled_at, started_at, ended_at, bound_until, day, crash_day, crash_count, done, total, failures, bytes_read, report, ended_day) VALUES
    (1, 'GenerateMediaIndexFiles', 'completed', NULL, 'person', 0, NULL, 1800000000000, NULL, 1800000001000, 1800000060000, NULL, '2027-01-15', NULL, NULL, 5, 6, 1, 4000, '[{"label":"new files","unit":"count","value":6}]', '2027-01-15'),
    (2, 'GenerateMediaIndexFiles', 'running', NULL, 'person', 0, 3, 1800000000000, NULL, 1800000001000, NULL, NULL, '2027-01-15', NULL, NULL, 0, 0, 0, 0, '[]', NULL);

INSERT INTO section_switches (section, id, is_on) VALUES
    (1, 'enableBIFGeneration', 0);

INSERT INTO sections (id, uuid, name, kind, agent, scanner, language, created_at, updated_at, scanned_at, content_changed_at, first_scanned_at) VALUES
    (1, 'd8b29106-5cf2-471c-a1db-54a2162d90ad', 'Media', 'movie', 'none', 'none', 'en-US', 1800000000000, 1800000000000, 1800172800000, 2, 1800086400000),
    (2, 'ee669a40-25c3-44c7-8c33-38f15580a1de', 'Media', 'artist', 'none', 'none', 'en-US', 1800000001000, 1800000001000, 1800259200000, 2, 1800259200000),
    (3, '01fe8769-1218-4bd4-983b-6f67d35b99bc', 'Media', 'photo', 'none', 'none', 'en-US', 1800000001000, 1800000001000, 1800345600000, 2, 1800345600000);

INSERT INTO server (only, id) VALUES
    (1, 'c45da766839fc30f4340e935480e9880cd671daf');

INSERT INTO settings (id, value) VALUES
    ('ButlerStartHour', '3'),
    ('GenerateBIFWidth', '480');

INSERT INTO sources (id, fingerprint, sampled, deep, size, has_video, headers) VALUES
    (1, x'0158066236f0046a781835af42dcb047ca842497719df9353749be99c6479a2c', x'0158066236f0046a781835af42dcb047ca842497719df9353749be99c6479a2c', x'0158066236f0046a781835af42dcb047ca842497719df9353749be99c6479a2c', 800, 0, 2),
    (2, x'8d256fe4f5fcb2c7edf6abd715dc3a86dbffd2dfe58a0812e5eee2c2833ec0ff', x'8d256fe4f5fcb2c7edf6abd715dc3a86dbffd2dfe58a0812e5eee2c2833ec0ff', x'8d256fe4f5fcb2c7edf6abd715dc3a86dbffd2dfe58a0812e5eee2c2833ec0ff', 800, NULL, 0),
    (3, x'a12ab0bbc91438dfeb15d69c85d580a64a99dca4dba12005146094f6fd6c7cbd', x'a12ab0bbc91438dfeb15d69c85d580a64a99dca4dba12005146094f6fd6c7cbd', x'a12ab0bbc91438dfeb15d69c85d580a64a99dca4dba12005146094f6fd6c7cbd', 600, NULL, 0),
    (4, x'3facb2b07127fc6458fcb891a1a794096922f687f4b34fc4e5b5f89eb9137254', x'3facb2b07127fc6458fcb891a1a794096922f687f4b34fc4e5b5f89eb9137254', x'3facb2b07127fc6458fcb891a1a794096922f687f4b34fc4e5b5f89eb9137254', 700, NULL, 0),
    (5, x'c96c77998f658875cabdb4cad1b6ab9a955376a4c9ad492e5255509828c5b1fd', x'c96c77998f658875cabdb4cad1b6ab9a955376a4c9ad492e5255509828c5b1fd', x'c96c77998f658875cabdb4cad1b6ab9a955376a4c9ad492e5255509828c5b1fd', 900, 1, 2),
    (6, x'b8ef59a0c77909cc180bc8575389143ff1906b9010ed5e09725791c6ef1eeb81', x'b8ef59a0c77909cc180bc8575389143ff1906b9010ed5e09725791c6ef1eeb81', x'b8ef59a0c77909cc180bc8575389143ff1906b9010ed5e09725791c6ef1eeb81', 600, 0, 2),
    (7, x'b282330b321ef3596494441de7a955bee92eaffe325cc158d62d132954ad3dd2', x'b282330b321ef3596494441de7a955bee92eaffe325cc158d62d132954ad3dd2', x'b282330b321ef3596494441de7a955bee92eaffe325cc158d62d132954ad3dd2', 5049, NULL, 0),
    (8, x'067ce8d87d5df1cf96fe373d3b1670a762563cfe17374c2870bc8b27c9e3f5bd', x'067ce8d87d5df1cf96fe373d3b1670a762563cfe17374c2870bc8b27c9e3f5bd', x'067ce8d87d5df1cf96fe373d3b1670a762563cfe17374c2870bc8b27c9e3f5bd', 5049, NULL, 0),
    (9, x'afcb7cc8666ef0d8e9ba01180e1b636450d3a7aebc466f413d03d5e388dc26f0', x'afcb7cc8666ef0d8e9ba01180e1b636450d3a7aebc466f413d03d5e388dc26f0', x'afcb7cc8666ef0d8e9ba01180e1b636450d3a7aebc466f413d03d5e388dc26f0', 5049, NULL, 0),
    (10, x'0b1f74cb9abeab61bd4c2061518575cade54780062b74b943e9ddddce35e2964', x'0b1f74cb9abeab61bd4c2061518575cade54780062b74b943e9ddddce35e2964', x'0b1f74cb9abeab61bd4c2061518575cade54780062b74b943e9ddddce35e2964', 5049, NULL, 0),
    (11, x'639a4670cd10cff67d61c7afeb6ce74f0e72e6ac4e8798a999b598897c161d3e', x'639a4670cd10cff67d61c7afeb6ce74f0e72e6ac4e8798a999b598897c161d3e', x'639a4670cd10cff67d61c7afeb6ce74f0e72e6ac4e8798a999b598897c161d3e', 900, NULL, 0);

DELETE FROM sqlite_sequence;

INSERT INTO sqlite_sequence (name, seq) VALUES
    ('sections', 3),
    ('roots', 3),
    ('sources', 11),
    ('items', 10),
    ('media', 8),
    ('parts', 9),
    ('failures', 1),
    ('runs', 2);

CREATE INDEX media_by_item ON media (item);

CREATE UNIQUE INDEX sources_by_content ON sources (sampled, deep);

CREATE INDEX parts_by_media ON parts (media);

CREATE INDEX parts_by_source ON parts (source, missing_since);

CREATE INDEX products_by_blob ON products (blob) WHERE blob IS NOT NULL;

CREATE UNIQUE INDEX failures_by_product ON failures (source, kind) WHERE source IS NOT NULL;

CREATE UNIQUE INDEX failures_by_path ON failures (root, path) WHERE root IS NOT NULL;

CREATE INDEX runs_by_task ON runs (task, state, id);

CREATE INDEX runs_unfinished ON runs (id) WHERE ended_at IS NULL;

CREATE UNIQUE INDEX items_by_key ON items (section, kind, coalesce(parent, 0), key);

CREATE INDEX items_by_title ON items (section, kind, sort_title COLLATE NOCASE, id);

CREATE INDEX items_by_parent ON items (parent, number, sort_title COLLATE NOCASE, id);

CREATE INDEX items_by_home ON items (section, home, key) WHERE home IS NOT NULL;

CREATE UNIQUE INDEX media_by_stack ON media (item, stack) WHERE stack IS NOT NULL;

CREATE INDEX shared_media_by_item ON shared_media (item);

CREATE INDEX parts_by_tagged ON parts (tagged, missing_since);

CREATE INDEX items_by_taken ON items (section, taken, id) WHERE kind = 'photo';

CREATE INDEX sources_by_headers ON sources (headers);

CREATE INDEX parts_by_medium ON parts (medium);

CREATE INDEX products_made ON products (kind, source, version, params);

CREATE VIEW meant AS
SELECT d.id AS demand, d.kind, d.params, d.at_least, p.source
FROM parts p CROSS JOIN sources s ON s.id = p.source CROSS JOIN demands d
WHERE p.missing_since IS NULL AND CASE d.subjects
    WHEN 'all_parts' THEN 1
    WHEN 'video_parts' THEN coalesce(s.has_video, p.medium = 'video')
    WHEN 'playable_parts' THEN p.medium <> 'photo'
    WHEN 'photo_parts' THEN p.medium = 'photo'
    ELSE 0 END
UNION ALL
SELECT d.id, d.kind, d.params, d.at_least, p.tagged
FROM parts p CROSS JOIN demands d
WHERE p.missing_since IS NULL AND p.medium = 'audio' AND p.tagged IS NOT NULL AND d.subjects = 'tagged_parts'
UNION ALL
-- A file whose tags were never looked at stands for itself.
SELECT d.id, d.kind, d.params, d.at_least, p.source
FROM parts p CROSS JOIN demands d
WHERE p.missing_since IS NULL AND p.medium = 'audio' AND p.tagged IS NULL AND d.subjects = 'tagged_parts';

CREATE VIEW lacking AS
SELECT m.demand, m.source FROM meant m
WHERE NOT EXISTS (
    SELECT 1 FROM products d INDEXED BY products_made
    WHERE d.kind = m.kind AND d.source = m.source AND d.version >= m.at_least AND d.params = m.params
);

CREATE TRIGGER lacks_of_new_part AFTER INSERT ON parts WHEN NEW.missing_since IS NULL BEGIN
    INSERT INTO lacks SELECT d.id, iif(d.subjects = 'tagged_parts', coalesce(NEW.tagged, NEW.source), NEW.source)
    FROM demands d
    WHERE CASE d.subjects
        WHEN 'all_parts' THEN 1
        WHEN 'video_parts' THEN coalesce((SELECT has_video FROM sources WHERE id = NEW.source), NEW.medium = 'video')
        WHEN 'playable_parts' THEN NEW.medium <> 'photo'
        WHEN 'tagged_parts' THEN NEW.medium = 'audio'
        WHEN 'photo_parts' THEN NEW.medium = 'photo' END
    AND NOT EXISTS (
        SELECT 1 FROM products m
        WHERE m.source = iif(d.subjects = 'tagged_parts', coalesce(NEW.tagged, NEW.source), NEW.source)
            AND m.kind = d.kind AND m.version >= d.at_least AND m.params = d.params)
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER lacks_of_changed_part AFTER UPDATE OF source, tagged, medium, missing_since ON parts
WHEN OLD.source IS NOT NEW.source OR OLD.tagged IS NOT NEW.tagged OR OLD.medium IS NOT NEW.medium
    OR (OLD.missing_since IS NULL) <> (NEW.missing_since IS NULL) BEGIN
    DELETE FROM lacks WHERE source IN (OLD.source, OLD.tagged) AND demand IN (SELECT id FROM demands)
        AND NOT EXISTS (SELECT 1 FROM meant m WHERE m.source = lacks.source AND m.demand = lacks.demand);
    INSERT INTO lacks SELECT demand, source FROM lacking WHERE NEW.missing_since IS NULL AND source = NEW.source ON CONFLICT DO NOTHING;
    INSERT INTO lacks SELECT demand, source FROM lacking
        WHERE NEW.missing_since IS NULL AND source = NEW.tagged AND NEW.tagged <> NEW.source ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER lacks_of_gone_part AFTER DELETE ON parts WHEN OLD.missing_since IS NULL BEGIN
    DELETE FROM lacks WHERE source IN (OLD.source, OLD.tagged) AND demand IN (SELECT id FROM demands)
        AND NOT EXISTS (SELECT 1 FROM meant m WHERE m.source = lacks.source AND m.demand = lacks.demand);
END;

CREATE TRIGGER lacks_of_source_with_video AFTER UPDATE OF has_video ON sources WHEN NEW.has_video = 1 AND OLD.has_video IS NOT 1 BEGIN
    INSERT INTO lacks SELECT d.id, NEW.id FROM demands d
    WHERE d.subjects = 'video_parts' AND NOT EXISTS (SELECT 1 FROM lacks k WHERE k.demand = d.id AND k.source = NEW.id)
        AND EXISTS (SELECT 1 FROM lacking l WHERE l.demand = d.id AND l.source = NEW.id);
END;

CREATE TRIGGER lacks_of_source_without_video AFTER UPDATE OF has_video ON sources WHEN NEW.has_video = 0 AND OLD.has_video IS NOT 0 BEGIN
    DELETE FROM lacks WHERE source = NEW.id AND demand IN (SELECT id FROM demands WHERE subjects = 'video_parts');
END;

CREATE TRIGGER lacks_of_unheard_source AFTER UPDATE OF has_video ON sources WHEN NEW.has_video IS NULL AND OLD.has_video IS NOT NULL BEGIN
    DELETE FROM lacks WHERE source = NEW.id AND demand IN (SELECT id FROM demands WHERE subjects = 'video_parts')
        AND NOT EXISTS (SELECT 1 FROM meant m WHERE m.source = lacks.source AND m.demand = lacks.demand);
    INSERT INTO lacks SELECT demand, source FROM lacking WHERE source = NEW.id ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER lacks_of_gone_source AFTER DELETE ON sources BEGIN
    DELETE FROM lacks WHERE source = OLD.id AND demand IN (SELECT id FROM demands);
END;

CREATE TRIGGER lacks_of_new_product AFTER INSERT ON products BEGIN
    DELETE FROM lacks WHERE source = NEW.source
        AND demand IN (SELECT id FROM demands WHERE kind = NEW.kind AND at_least <= NEW.version AND params = NEW.params);
END;

CREATE TRIGGER lacks_of_changed_product AFTER UPDATE OF source, kind, version, params ON products
WHEN OLD.version <> NEW.version OR OLD.params <> NEW.params OR OLD.kind <> NEW.kind OR OLD.source <> NEW.source BEGIN
    DELETE FROM lacks WHERE source = NEW.source
        AND demand IN (SELECT id FROM demands WHERE kind = NEW.kind AND at_least <= NEW.version AND params = NEW.params);
    INSERT INTO lacks SELECT demand, source FROM lacking WHERE source = OLD.source ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER lacks_of_gone_product AFTER DELETE ON products BEGIN
    INSERT INTO lacks SELECT demand, source FROM lacking WHERE source = OLD.source ON CONFLICT DO NOTHING;
END;

CREATE INDEX products_blob_bytes ON products (kind, blob_bytes) WHERE blob IS NOT NULL;

PRAGMA user_version = 9;
