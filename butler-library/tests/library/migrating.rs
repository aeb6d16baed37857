//! A data folder of an earlier Butler: its rows stay what they were, and new files find their place among
//! them.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use butler_library::{ItemKind, Library, Scope, SectionId, SectionKind, Versions};
use butler_product::{ProductKind, Spec, Traits};
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::world::{World, at, content};

/// The database as the first Butler made it.
const FIRST: &str = include_str!("../../migrations/0001_library.sql");

/// What that Butler kept of a section with three films, one in two pieces that it took for versions, and a
/// show, and a counter that is ahead of its rows.
const ROWS: &str = "
INSERT INTO items (id, section, kind, parent, key, title, sort_title, year, number, added_at, updated_at) VALUES
    (3, 1, 'movie', NULL, CAST('heat' || x'1f' || '1995' || x'1f' || '1' || x'1f' || 'Heat (1995)' AS BLOB), 'Heat', 'Heat', 1995, NULL, 5, 6),
    (4, 1, 'movie', NULL, CAST('ödland' || x'1f' || x'1f' || '1' || x'1f' AS BLOB), 'Ödland', 'Odland', NULL, NULL, 5, 6),
    (5, 1, 'movie', NULL, CAST('das boot' || x'1f' || '1981' || x'1f' || '1' || x'1f' || 'Boot' AS BLOB), 'Das Boot', 'Das Boot', 1981, NULL, 5, 6);
INSERT INTO items (id, section, kind, parent, key, title, sort_title, number, added_at, updated_at) VALUES
    (7, 2, 'show', NULL, CAST('dark' || x'1f' AS BLOB), 'Dark', 'Dark', NULL, 5, 6),
    (8, 2, 'season', 7, CAST('1' AS BLOB), 'Season 1', 'Season 1', 1, 5, 6),
    (9, 2, 'episode', 8, CAST('1' AS BLOB), 'Episode 1', 'Episode 1', 1, 5, 6),
    (99, 1, 'movie', NULL, CAST('gone' || x'1f' || x'1f' || '1' || x'1f' AS BLOB), 'Gone', 'Gone', NULL, 5, 6);
DELETE FROM items WHERE id = 99;
INSERT INTO media (id, item) VALUES (1, 3), (2, 4), (3, 9), (4, 5), (5, 5);
INSERT INTO sources (id, fingerprint, sampled, deep, size) VALUES
    (1, randomblob(32), randomblob(32), zeroblob(32), 10), (2, randomblob(32), randomblob(32), zeroblob(32), 10),
    (3, randomblob(32), randomblob(32), zeroblob(32), 10), (4, randomblob(32), randomblob(32), zeroblob(32), 10),
    (5, randomblob(32), randomblob(32), zeroblob(32), 10);
INSERT INTO parts (id, media, root, path, medium, size, mtime_ns, inode, dev, source, added_at, missing_since) VALUES
    (1, 1, 1, CAST('Heat (1995)/Heat (1995).mkv' AS BLOB), 'video', 10, 1, 1, 1, 1, 5, NULL),
    (2, 2, 1, CAST('ödland.mkv' AS BLOB), 'video', 10, 1, 1, 1, 2, 5, NULL),
    (4, 4, 1, CAST('Boot/Das Boot (1981) - cd1.avi' AS BLOB), 'video', 10, 1, 1, 1, 4, 5, NULL),
    (5, 5, 1, CAST('Boot/Das Boot (1981) - cd2.avi' AS BLOB), 'video', 10, 1, 1, 1, 5, 5, NULL),
    (3, 3, 2, CAST('Dark/Season 1/S01E01.mkv' AS BLOB), 'video', 10, 1, 1, 1, 3, 5, NULL);
";

#[test]
fn rows_of_the_first_database_stay_and_new_files_join_them() {
    let world = World::new(SectionKind::Movie);
    let (films, shows) = (world.media(), world.folder.path().join("shows"));
    let data = world.folder.path().join("old");
    fs::create_dir_all(&data).unwrap();
    fs::create_dir_all(&shows).unwrap();
    let connection = Connection::open(data.join("butler.db")).unwrap();
    connection.execute_batch(FIRST).unwrap();
    for (id, kind, root) in [(1, "movie", &films), (2, "show", &shows)] {
        let section = "INSERT INTO sections (id, uuid, name, kind, agent, scanner, language, created_at, updated_at) VALUES (?1, ?1, 'S', ?2, '', '', '', 1, 1)";
        connection.execute(section, (id, kind)).unwrap();
        let root = root.canonicalize().unwrap();
        connection
            .execute(
                "INSERT INTO roots (id, section, path) VALUES (?1, ?1, ?2)",
                (id, root.as_os_str().as_bytes()),
            )
            .unwrap();
    }
    connection.execute_batch(ROWS).unwrap();
    connection.pragma_update(None, "user_version", 1).unwrap();
    drop(connection);

    let library = Library::open(&data).unwrap();
    library.assert_sound();
    let world = World { library, section: SectionId(1), ..world };
    assert_eq!(world.items(ItemKind::Movie).iter().map(|item| item.id.0).collect::<Vec<_>>(), [5, 3, 4]);
    world.write("Heat (1995)/Heat (1995).mkv", &content("heat", 500));
    world.write("Heat (1995)/Heat (1995) - 4K.mkv", &content("large", 500));
    world.write("Heat (1995)/Trailers/Teaser.mkv", &content("teaser", 500));
    world.write("New (2001)/New (2001).mkv", &content("new", 500));
    for piece in [1, 2] {
        world.write(format!("Boot/Das Boot (1981) - cd{piece}.avi"), &content(&format!("boot {piece}"), 500));
    }
    world.scan();
    let boat = world.library.item(butler_library::ItemId(5)).unwrap().unwrap();
    assert_eq!(
        boat.media.iter().map(|media| media.parts.len()).collect::<Vec<_>>(),
        [2],
        "placed by what names mean today"
    );
    let heat = world.library.item(butler_library::ItemId(3)).unwrap().unwrap();
    assert_eq!((heat.media.len(), heat.row.title.as_str()), (2, "Heat"));
    assert_eq!(world.library.extras_of(heat.row.id).unwrap().len(), 1);
    let newest = world.items(ItemKind::Movie).iter().map(|item| item.id.0).max().unwrap();
    assert!(newest > 99, "an id is never used twice: {newest}");

    fs::create_dir_all(shows.join("Dark/Season 1")).unwrap();
    crate::world::write_at(&shows.join("Dark/Season 1/S01E02.mkv"), &content("two", 500), -100);
    crate::world::write_at(&shows.join("Dark/Season 1/Trailers/T.mkv"), &content("t", 500), -100);
    let world = World { section: SectionId(2), ..world };
    world.scan();
    assert_eq!(world.library.children_of(butler_library::ItemId(8)).unwrap().len(), 2);
    assert_eq!(world.library.extras_of(butler_library::ItemId(8)).unwrap().len(), 1);
}

/// The whole database of a data folder as it was written when its version was 9.
const VERSION_9: &str = include_str!("version_9.sql");

/// Columns that are kept in another form, tables that are counted anew, and one that nobody read.
const NOT_KEPT: &[(&str, &str)] =
    &[("sources", "has_video"), ("demands", ""), ("lacks", ""), ("cost_sums", "")];

/// The columns of every table.
fn columns(db: &Connection) -> BTreeMap<String, Vec<String>> {
    let mut statement = db
        .prepare(
            "SELECT t.name, c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c \
             WHERE t.type = 'table' ORDER BY t.name, c.cid",
        )
        .unwrap();
    let mut columns: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let pairs = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    for (table, column) in pairs.map(Result::unwrap) {
        let is_kept = |(of, name): &&(&str, &str)| *of == table && (name.is_empty() || **name == column);
        if !NOT_KEPT.iter().any(|not_kept| is_kept(&not_kept)) {
            columns.entry(table).or_default().push(column);
        }
    }
    columns
}

/// What these columns hold, row by row.
fn rows(db: &Connection, columns: &BTreeMap<String, Vec<String>>) -> Vec<(String, Vec<Value>)> {
    let mut rows = Vec::new();
    for (table, columns) in columns {
        let mut statement = db.prepare(&format!("SELECT {} FROM {table}", columns.join(", "))).unwrap();
        let row = |row: &rusqlite::Row<'_>| (0..columns.len()).map(|index| row.get(index)).collect();
        let found = statement.query_map([], row).unwrap().map(Result::unwrap);
        rows.extend(found.map(|row| (table.clone(), row)));
    }
    rows.sort_by_cached_key(|row| format!("{row:?}"));
    rows
}

#[test]
fn a_data_folder_that_was_in_use_keeps_every_value_of_every_row() {
    let world = World::new(SectionKind::Movie);
    let data = world.folder.path().join("old");
    fs::create_dir_all(&data).unwrap();
    let db = Connection::open(data.join("butler.db")).unwrap();
    db.pragma_update(None, "foreign_keys", false).unwrap();
    db.execute_batch(VERSION_9).unwrap();
    for (root, folder) in [(1, "media"), (2, "music"), (3, "photos")] {
        let folder = world.folder.path().canonicalize().unwrap().join(folder);
        fs::create_dir_all(&folder).unwrap();
        db.execute("UPDATE roots SET path = ?2 WHERE id = ?1", (root, folder.as_os_str().as_bytes()))
            .unwrap();
    }
    let blob: String =
        db.query_row("SELECT blob FROM products WHERE blob IS NOT NULL", [], |row| row.get(0)).unwrap();
    let blob = data.join("blobs").join(blob);
    fs::create_dir_all(blob.parent().unwrap()).unwrap();
    fs::write(&blob, b"pictures").unwrap();
    let columns = columns(&db);
    let before = rows(&db, &columns);
    assert!(before.len() > 60, "{}", before.len());
    drop(db);

    let library = Library::open(&data).unwrap();
    library.assert_sound();
    let db = Connection::open(data.join("butler.db")).unwrap();
    assert_eq!(rows(&db, &columns), before);

    let world = World { library, section: SectionId(1), ..world };
    let lacks = |spec: Spec, needs: Traits| -> Vec<String> {
        let scope = Scope { section: None, needs, switch: None, only: None, versions: Versions::Usable };
        let lacks = world.library.lacks(&spec, &scope, at(0), true).unwrap();
        let file = |source| world.library.files_of(source).unwrap().remove(0).path;
        let mut names: Vec<_> = lacks
            .iter()
            .map(|lack| file(lack.source).file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    let headers = |needs| lacks(Spec::of(ProductKind::Bandwidth), needs | Traits::HEADERS);
    let boot = "Das Boot (1981) - cd1.avi";
    assert_eq!(headers(Traits::VIDEO), ["Heat (1995).mkv"]);
    assert_eq!(headers(Traits::SOUND), ["Heat (1995).mkv", "Sound only (2002).mkv"]);
    assert_eq!(headers(Traits::CHAPTERS), [boot]);
    let (unread, trailer) = ("Das Boot (1981) - cd2.avi", "Heat (1995)-trailer.mkv");
    assert_eq!(lacks(Spec::of(ProductKind::Bif), Traits::VIDEO), [unread, trailer]);
    assert_eq!(lacks(Spec::Tags, Traits::TAGGED), ["02 Freddie.flac"]);
    assert_eq!(lacks(Spec::Photo, Traits::PHOTO), Vec::<String>::new());
    assert_eq!(lacks(Spec::MediaInfo, Traits::CONTENT).len(), 5);

    // A scan knows its files, and what was kept of lacks is counted anew.
    world.write("Heat (1995)/Heat (1995).mkv", &content("heat", 900));
    world.write("Heat (1995)/Heat (1995)-trailer.mkv", &content("trailer", 700));
    world.write("Boot (1981)/Das Boot (1981) - cd1.avi", &content("boot one", 800));
    world.write("Boot (1981)/Das Boot (1981) - cd2.avi", &content("boot two", 800));
    world.write("Sound only (2002).mkv", &content("sound", 600));
    assert_eq!(world.scan().unchanged, 5);
    assert!(world.files.take().is_empty(), "nothing was opened");
    let demands = ProductKind::ALL.map(|kind| (Spec::of(kind), kind.needs()));
    world.library.keep_lacks(&demands).unwrap();
    world.library.assert_sound();
    assert_eq!(lacks(Spec::MediaInfo, Traits::CONTENT).len(), 5);
}
