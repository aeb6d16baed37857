//! The folders of this machine that may become sections: names of folders only, and only inside the allowed
//! roots.

use std::path::{Path, PathBuf};

use axum::http::StatusCode;
use butler_library::{Folder, Library, RootError};

use crate::app::App;
use crate::error::{self, Problem};

/// The folders under which sections may lie.
pub(crate) async fn tops(app: &App) -> Result<Vec<Folder>, Problem> {
    app.library(|library| library.browse(None).map_err(refused)).await
}

/// The folders that a person chooses from first: where one alone may be chosen, those inside it.
pub(crate) async fn first(app: &App) -> Result<Vec<Folder>, Problem> {
    let tops = tops(app).await?;
    match &tops[..] {
        [one] => inside(app, one.path.clone()).await,
        _ => Ok(tops),
    }
}

/// The folders inside a folder.
pub(crate) async fn inside(app: &App, folder: PathBuf) -> Result<Vec<Folder>, Problem> {
    app.library(move |library| found(library, &folder)).await
}

/// The folders inside a folder. Above the allowed roots only the way down to them is shown.
fn found(library: &Library, folder: &Path) -> Result<Vec<Folder>, Problem> {
    match library.browse(Some(folder)) {
        // As the client wrote it, not as its links resolve: it looks for its own path in the list.
        Ok(folders) => {
            Ok(folders.into_iter().map(|found| Folder { path: rebased(folder, &found), ..found }).collect())
        }
        Err(error @ RootError::NotAllowed { .. }) => {
            let ways = ways_down(folder, &library.allowed_roots());
            if ways.is_empty() { Err(refused(error)) } else { Ok(ways) }
        }
        Err(error) => Err(refused(error)),
    }
}

fn rebased(folder: &Path, found: &Folder) -> PathBuf {
    found.path.file_name().map_or_else(|| found.path.clone(), |name| folder.join(name))
}

fn ways_down(folder: &Path, allowed: &[PathBuf]) -> Vec<Folder> {
    let mut ways: Vec<Folder> = Vec::new();
    for root in allowed {
        let Some(next) = root.strip_prefix(folder).ok().and_then(|below| below.components().next()) else {
            continue;
        };
        let path = folder.join(next);
        if ways.iter().all(|way| way.path != path) {
            ways.push(Folder { name: next.as_os_str().to_string_lossy().into_owned(), path });
        }
    }
    ways
}

fn refused(error: RootError) -> Problem {
    let sentence = error::sentence(&error);
    match error {
        RootError::NotAllowed { .. } => Problem::new(StatusCode::FORBIDDEN, sentence),
        RootError::Unreachable { .. } | RootError::NotAFolder(_) => Problem::not_found(sentence),
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn above_the_allowed_roots_only_the_way_to_them_is_shown() {
        let allowed = ["/srv/films", "/srv/music", "/mnt"].map(PathBuf::from);
        let shown = |folder: &str| {
            ways_down(Path::new(folder), &allowed).into_iter().map(|way| way.path).collect::<Vec<_>>()
        };
        assert_eq!(shown("/"), [Path::new("/srv"), Path::new("/mnt")]);
        assert_eq!(shown("/srv"), [Path::new("/srv/films"), Path::new("/srv/music")]);
        assert!(shown("/etc").is_empty());
        assert!(shown("/srv/films").is_empty());
    }
}
