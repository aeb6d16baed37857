//! Opening a data folder: who may, and what is found in it.

use std::sync::Arc;

use butler_library::{DataDirError, DbOpenError, Library, OpenError, SectionKind, StoreError, Token};

use crate::world::{at, new_section};

#[test]
fn a_data_folder_is_held_by_one_library_at_a_time() {
    let folder = butler_fixtures::tempdir().unwrap();
    let library = Library::open(folder.path()).unwrap();
    assert!(matches!(Library::open(folder.path()), Err(OpenError::DataDir(DataDirError::InUse { .. }))));
    let id = library.server_id().to_owned();
    drop(library);
    let library = Library::open(folder.path()).unwrap();
    assert_eq!((library.server_id(), id.len()), (id.as_str(), 40));
}

#[test]
fn the_database_is_set_up_as_designed() {
    let folder = butler_fixtures::tempdir().unwrap();
    let _library = Library::open(folder.path()).unwrap();
    let connection = rusqlite::Connection::open(folder.path().join("butler.db")).unwrap();
    let pragma = |name: &str| {
        connection.pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0)).unwrap()
    };
    assert_eq!(pragma("auto_vacuum"), 2.into(), "incremental");
    assert_eq!(pragma("journal_mode"), "wal".to_owned().into());
}

#[test]
fn a_database_of_a_newer_butler_is_refused_with_a_clear_sentence() {
    let folder = butler_fixtures::tempdir().unwrap();
    drop(Library::open(folder.path()).unwrap());
    let connection = rusqlite::Connection::open(folder.path().join("butler.db")).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let error = Library::open(folder.path()).unwrap_err();
    assert!(matches!(error, OpenError::Db(DbOpenError::Newer { found: 99, .. })));
    assert!(
        error.to_string().starts_with("the database has version 99 and this build knows versions up to "),
        "{error}"
    );
}

#[test]
fn a_file_that_is_no_database_is_a_clear_error() {
    let folder = butler_fixtures::tempdir().unwrap();
    std::fs::write(folder.path().join("butler.db"), vec![b'x'; 8_192]).unwrap();
    let error = Library::open(folder.path()).unwrap_err();
    assert!(matches!(error, OpenError::Db(DbOpenError::Store(StoreError::Damaged(_)))), "{error:?}");
}

#[test]
fn a_data_folder_inside_a_section_is_refused() {
    let folder = butler_fixtures::tempdir().unwrap();
    let (data, media) = (folder.path().join("data"), folder.path().join("media"));
    std::fs::create_dir(&media).unwrap();
    let library = Library::open(&data).unwrap();
    library.add_section(new_section(SectionKind::Movie, &[&media]), at(0)).unwrap();
    drop(library);
    std::fs::rename(&data, media.join("data")).unwrap();
    assert!(matches!(Library::open(&media.join("data")), Err(OpenError::InsideSection { .. })));
}

#[test]
fn only_the_admin_s_token_is_let_in() {
    let folder = butler_fixtures::tempdir().unwrap();
    let library = Library::open(folder.path()).unwrap();
    let token = library.admin_token().unwrap();
    assert!(library.lets_in(&token).unwrap());
    assert!(!library.lets_in(&Token::random().unwrap()).unwrap());
    assert_eq!(library.admin_token().unwrap(), token);
    // Another one in its place shuts the first out.
    let other = Token::new("a-token-from-the-environment").unwrap();
    library.let_in("admin", &other).unwrap();
    assert!(library.lets_in(&other).unwrap() && !library.lets_in(&token).unwrap());
    let database = std::fs::read(folder.path().join("butler.db-wal")).unwrap();
    assert!(
        !database.windows(other.reveal().len()).any(|window| window == other.reveal().as_bytes()),
        "the database holds hashes only"
    );
}

#[test]
fn settings_are_kept_and_forgotten() {
    let folder = butler_fixtures::tempdir().unwrap();
    let library = Library::open(folder.path()).unwrap();
    let set = |id: &str, value: Option<&str>| {
        library.set_settings(vec![(id.into(), value.map(str::to_owned))]).unwrap()
    };
    set("ButlerStartHour", Some("3"));
    set("ButlerStartHour", Some("4"));
    assert_eq!(library.setting("ButlerStartHour").unwrap().as_deref(), Some("4"));
    assert_eq!(library.settings().unwrap().len(), 1);
    set("ButlerStartHour", None);
    assert_eq!(library.setting("ButlerStartHour").unwrap(), None);
}

#[test]
fn many_readers_and_writers_get_along() {
    let folder = butler_fixtures::tempdir().unwrap();
    let library = Arc::new(Library::open(folder.path()).unwrap());
    let threads: Vec<_> = (0..12)
        .map(|thread| {
            let library = Arc::clone(&library);
            std::thread::spawn(move || {
                for index in 0..25 {
                    let id = format!("{thread} {index}");
                    library.set_settings(vec![(id.clone(), Some("x".into()))]).unwrap();
                    assert_eq!(
                        library.setting(&id).unwrap().as_deref(),
                        Some("x"),
                        "a write is seen once it is answered"
                    );
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(library.settings().unwrap().len(), 12 * 25);
}
