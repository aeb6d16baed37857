//! Names: what a media file is, by its path below the root of its library, as users of Plex, Jellyfin and
//! Kodi write them. Pure: no file is looked at, no database asked, nothing is fetched.
//!
//! ```
//! use butler_names::{Kind, Named, Numbers, read};
//!
//! let Named::Episode(episode) = read("Dark (2017)/Season 1/Dark - S01E02 - Lies.mkv", Kind::Show) else {
//!     panic!("a library of shows holds episodes");
//! };
//! assert_eq!((episode.show.title.as_str(), episode.show.year), ("Dark", Some(2017)));
//! assert_eq!((episode.season, episode.numbers), (Some(1), Numbers::Range { first: 2, last: 2 }));
//! assert_eq!(episode.title.as_deref(), Some("Lies"));
//!
//! // What the name leaves open is told, in a sentence for a person.
//! let film = read("Heat.mkv", Kind::Movie);
//! assert_eq!(film.doubt().unwrap().sentence(), "The name tells no year; name it like `Title (1999)`.");
//! ```
//!
//! `docs/naming.md` has every convention with its example. One file a kind of library (`movie`, `episode`,
//! `track`, `photo`), one for extras; what they share reads one thing each (`ids`, `year`, `junk`, `stack`,
//! `title`). A convention is a row in their tables, with its case in `cases.rs` beside it. Start with
//! [`read`]: it answers with a [`Named`], whose [`Named::doubt`] says how sure that is.

mod episode;
mod extra;
mod ids;
mod junk;
mod movie;
mod named;
#[cfg(test)]
mod page;
mod photo;
mod plain;
#[cfg(test)]
mod properties;
mod stack;
#[cfg(test)]
mod table;
mod title;
mod track;
mod year;

pub use named::{Doubt, Episode, Extra, ExtraKind, Ids, Movie, Named, Numbers, Owner, Photo, Show, Track};
pub use plain::plain;
pub use title::sort_title;
pub use track::album_and_disc;

/// What a library holds: the same path is another thing in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Films.
    Movie,
    /// Series, in seasons and episodes.
    Show,
    /// Music.
    Artist,
    /// Photos.
    Photo,
}

/// What a file of a library is by its path below the library's root, folders and file parted by `/`;
/// [`Named::doubt`] tells how sure that is.
///
/// Where the file's size is known, [`read_sized`] tells a sample from a film that is called so.
pub fn read(path: &str, kind: Kind) -> Named {
    read_sized(path, kind, 0)
}

/// What a file of so many bytes is by its path.
pub fn read_sized(path: &str, kind: Kind, bytes: u64) -> Named {
    let components: Vec<_> =
        path.split('/').filter(|component| !component.is_empty()).map(str::to_owned).collect();
    read_components(kind, &components, bytes)
}

/// What a file of so many bytes is, by the components of its path: folders, then the file's name.
pub fn read_components(kind: Kind, components: &[String], size: u64) -> Named {
    let mut folders: Vec<_> = components.iter().map(|component| plain(component)).collect();
    let file = folders.pop().unwrap_or_default();
    // A name may begin with a dot only if it was asked for; then all of it is the stem.
    let stem = file
        .rsplit_once('.')
        .map_or(file.as_str(), |(stem, _)| if stem.is_empty() { file.as_str() } else { stem });
    let stem = without_second_ending(stem, kind);
    match kind {
        Kind::Movie if movie::is_disc_menu(stem) => disc_menu(&folders),
        Kind::Movie => match extra::find(&folders, stem, size, false) {
            Some(found) => extra_of_film(found),
            None => Named::Movie(movie::name(&folders, stem)),
        },
        Kind::Show => match extra::find(&folders, stem, size, true) {
            // A special among the extras is one all the same: `Extras/Show S00E03`.
            Some(found) if found.base.is_some() || !found.kind.is_vague() || !episode::is_special(stem) => {
                extra_of_show(&folders, stem, found)
            }
            _ => Named::Episode(episode::name(&folders, stem)),
        },
        Kind::Artist => Named::Track(track::name(&folders, stem)),
        Kind::Photo => Named::Photo(photo::name(stem)),
    }
}

/// `Heat (1995).mp4.mkv`: programs that convert a film leave its old ending in the name.
fn without_second_ending(stem: &str, kind: Kind) -> &str {
    const VIDEO: [&str; 8] = ["mkv", "mp4", "avi", "m4v", "mov", "wmv", "mpg", "webm"];
    let bare = stem.rsplit_once('.').filter(|(bare, ending)| {
        !bare.is_empty() && VIDEO.iter().any(|video| ending.eq_ignore_ascii_case(video))
    });
    bare.filter(|_| matches!(kind, Kind::Movie | Kind::Show)).map_or(stem, |(bare, _)| bare)
}

/// How many leading components of a path make the folder of its film: those of a disc, a piece or a version
/// lie inside it.
pub fn film_folder(components: &[String]) -> usize {
    let folders: Vec<_> = components
        .iter()
        .take(components.len().saturating_sub(1))
        .map(|component| plain(component))
        .collect();
    movie::depth(&folders)
}

/// A DVD's menus belong to it and are no film.
fn disc_menu(folders: &[String]) -> Named {
    let folder =
        folders.iter().position(|folder| folder.eq_ignore_ascii_case("VIDEO_TS")).unwrap_or(folders.len());
    Named::Extra(Extra {
        kind: ExtraKind::Other,
        title: "DVD menu".to_owned(),
        of: Owner::Film { folder, film: None },
    })
}

fn extra_of_film(found: extra::Found) -> Named {
    let extra::Found { kind, title, folders, base } = found;
    let film = base.as_deref().and_then(movie::with_year);
    Named::Extra(Extra { kind, title: extra::title(kind, title), of: Owner::Film { folder: folders, film } })
}

fn extra_of_show(folders: &[String], stem: &str, found: extra::Found) -> Named {
    let extra::Found { kind, title, folders: owned, base } = found;
    // `Extras/Show S05E01 Inside Look` belongs to that episode, as `Show S05E01-deleted` does.
    let whole = base.is_none() && kind.is_vague();
    let told = base.as_deref().or(whole.then_some(stem)).filter(|name| episode::is_numbered(name));
    let Episode { show, season, numbers, title: of_episode, .. } =
        episode::name(&folders[..owned], told.unwrap_or_default());
    let (numbers, title) = match told {
        Some(_) => (numbers, of_episode.filter(|_| whole).unwrap_or_default()),
        None => (Numbers::None, title),
    };
    Named::Extra(Extra { kind, title: extra::title(kind, title), of: Owner::Show { show, season, numbers } })
}
