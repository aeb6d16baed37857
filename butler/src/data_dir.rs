//! The data folder's place, and the two files in it by which a command finds the server that uses it.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};

use crate::exit::Exit;
use crate::print::error::Trouble;

/// Holds the admin's token.
pub(crate) const TOKEN_FILE: &str = "token";
/// Locked by the running server; the system lets go of it with the process, however it ends.
const LOCK_FILE: &str = "lock";
/// Holds the running server's URL: `http://127.0.0.1:32500`.
pub(crate) const ADDRESS_FILE: &str = "address";

/// The data folder: the one given, else `butler` in the user's data home.
pub(crate) fn choose(given: Option<&Path>) -> Result<PathBuf, Trouble> {
    default_or(given, std::env::var_os("XDG_DATA_HOME"), std::env::var_os("HOME")).ok_or_else(|| {
        Trouble::new(Exit::Failed, "There is no home folder that could hold the data folder.")
            .hint("Name one with --data-dir or BUTLER_DATA_DIR.")
    })
}

fn default_or(given: Option<&Path>, data_home: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    if let Some(given) = given.filter(|given| !given.as_os_str().is_empty()) {
        return Some(given.to_owned());
    }
    // The XDG specification has relative values ignored.
    let absolute = |value: Option<OsString>| value.map(PathBuf::from).filter(|path| path.is_absolute());
    let data_home = absolute(data_home).or_else(|| absolute(home).map(|home| home.join(".local/share")));
    data_home.map(|data_home| data_home.join("butler"))
}

/// The URL of the server that uses the folder now. An address that a killed server left is none: whoever
/// listens there by now would be sent the token.
pub(crate) fn server(folder: &Path) -> Result<Option<String>, Trouble> {
    let is_free = || File::open(folder.join(LOCK_FILE)).is_ok_and(|lock| lock.try_lock_shared().is_ok());
    Ok(read(folder, ADDRESS_FILE)?.filter(|_| !is_free()))
}

/// What one of the two files says; none if it isn't there or is empty.
pub(crate) fn read(folder: &Path, file: &str) -> Result<Option<String>, Trouble> {
    let path = folder.join(file);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let trouble =
                Trouble::new(Exit::NoServer, format!("`{}` can't be read.", path.display())).cause(&error);
            Err(trouble.hint("Run this as the user that the server runs as, or give --url and BUTLER_TOKEN."))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_a_killed_server_left_is_none() {
        let folder = butler_fixtures::tempdir().unwrap();
        assert_eq!(server(folder.path()), Ok(None));
        std::fs::write(folder.path().join(ADDRESS_FILE), "http://127.0.0.1:32500\n").unwrap();
        let lock = File::create(folder.path().join(LOCK_FILE)).unwrap();
        lock.lock().unwrap();
        assert_eq!(server(folder.path()), Ok(Some("http://127.0.0.1:32500".into())));
        drop(lock);
        assert_eq!(server(folder.path()), Ok(None));
    }

    #[test]
    fn the_data_folder_is_where_the_xdg_specification_has_it() {
        let check =
            |given: Option<&str>, data_home: Option<&str>, home: Option<&str>, expect: Option<&str>| {
                let found =
                    default_or(given.map(Path::new), data_home.map(OsString::from), home.map(OsString::from));
                assert_eq!(found, expect.map(PathBuf::from), "{given:?} {data_home:?} {home:?}");
            };
        check(Some("x"), Some("/data"), Some("/home/u"), Some("x"));
        check(None, Some("/data"), Some("/home/u"), Some("/data/butler"));
        check(None, Some("relative"), Some("/home/u"), Some("/home/u/.local/share/butler"));
        check(None, None, Some("/home/u"), Some("/home/u/.local/share/butler"));
        check(None, None, None, None);
    }
}
