//! A root that is unmounted, with the empty folder in its place on which it was mounted, and then mounted
//! again: what the library knows of its films stays, whoever wants to clean up.

use std::fs;

use butler_fixtures::{Server, SmallDisk, wait_until};
use serde_json::Value;

use super::{BEFORE, LATER, completed, counted, empty_trash, ended, stage, unreadable_films};

#[test]
fn an_unmounted_root_costs_no_film_whoever_cleans_up_and_is_there_again_once_it_is_mounted() {
    let Some(disk) = SmallDisk::if_possible(8 << 20).unwrap() else { return };
    let stage = stage();
    let movies = stage.folders.movies();
    fs::create_dir_all(&movies).unwrap();
    let mounted = disk.also_at(&movies).unwrap();
    let files = unreadable_films(&movies, 20);
    let server = Server::start_at(super::butler(), &stage.data_dir(), BEFORE, "UTC", &[]).unwrap();
    let section = server.add_section("movie", "Movies", &movies).unwrap();
    completed(&server, "RefreshLibraries");
    fs::remove_file(&files[0]).unwrap();
    completed(&server, "RefreshLibraries");
    let items = || server.parts(&section).unwrap().len();
    assert_eq!(items(), 20);

    drop(mounted);
    assert_eq!(fs::read_dir(&movies).unwrap().count(), 0, "the empty place of the mount");
    assert_eq!(server.put("/api/v1/settings?autoEmptyTrash=1&ButlerCatchUp=off").unwrap().status, 200);
    server.set_clock(Some(LATER), None).unwrap();
    let is_told = |run: &Value| {
        assert!(run.to_string().contains(&movies.display().to_string()), "{run:#}");
        assert_eq!((counted(run, "forgotten"), items()), (0, 20), "{run:#}");
    };
    is_told(&completed(&server, "GarbageCollectLibraryMedia"));
    is_told(&ended(&server, &empty_trash(&server, &section)));
    is_told(&completed(&server, "RefreshLibraries"));
    is_told(&completed(&server, "GarbageCollectLibraryMedia"));

    let _mounted = disk.also_at(&movies).unwrap();
    assert_eq!(server.put("/api/v1/settings?autoEmptyTrash=0").unwrap().status, 200);
    completed(&server, "RefreshLibraries");
    assert_eq!(items(), 20);
    // Only the one that is gone goes.
    let run = completed(&server, "GarbageCollectLibraryMedia");
    assert_eq!(counted(&run, "forgotten"), 1, "{run:#}");
    wait_until("it has left", || items() == 19).unwrap();
    assert!(server.parts(&section).unwrap().iter().all(|part| part.file != files[0].display().to_string()));
}
