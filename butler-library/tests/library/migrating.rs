//! A data folder of an earlier Butler: its rows stay what they were, and new files find their place among
//! them.

use std::fs;

use butler_library::{ItemKind, Library, SectionKind};
use rusqlite::Connection;

use crate::world::{World, content};

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
                (id, std::os::unix::ffi::OsStrExt::as_bytes(root.as_os_str())),
            )
            .unwrap();
    }
    connection.execute_batch(ROWS).unwrap();
    connection.pragma_update(None, "user_version", 1).unwrap();
    drop(connection);

    let library = Library::open(&data).unwrap();
    library.assert_sound();
    let world = World { library, section: butler_library::SectionId(1), ..world };
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
    let world = World { section: butler_library::SectionId(2), ..world };
    world.scan();
    assert_eq!(world.library.children_of(butler_library::ItemId(8)).unwrap().len(), 2);
    assert_eq!(world.library.extras_of(butler_library::ItemId(8)).unwrap().len(), 1);
}
