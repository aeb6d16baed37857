//! Names: what a media file is, by its path below the root of its library, as users of Plex, Jellyfin and
//! Kodi write them. Pure: no file is looked at, no database asked, nothing is fetched.
//!
//! One file a kind of library (`movie`, `episode`, `track`, `photo`), one for extras; what they share reads
//! one thing each (`ids`, `year`, `junk`, `stack`, `title`). A convention is a row in their tables, with its
//! case in `cases.rs` beside it. Start with [`read`]: it answers with a [`Named`], whose [`Named::doubt`]
//! says how sure that is.

mod episode;
mod extra;
mod ids;
mod junk;
mod movie;
mod named;
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

/// What a file of a library is, by the components of its path below the root (folders, then the file's name)
/// and its size in bytes.
pub fn read(kind: Kind, components: &[String], size: u64) -> Named {
    let mut folders: Vec<_> = components.iter().map(|component| plain(component)).collect();
    let file = folders.pop().unwrap_or_default();
    // A name may begin with a dot only if it was asked for; then all of it is the stem.
    let stem = file
        .rsplit_once('.')
        .map_or(file.as_str(), |(stem, _)| if stem.is_empty() { file.as_str() } else { stem });
    match kind {
        Kind::Movie if movie::is_disc_menu(stem) => disc_menu(&folders),
        Kind::Movie => match extra::find(&folders, stem, size, false) {
            Some(found) => extra_of_film(found),
            None => Named::Movie(movie::name(&folders, stem)),
        },
        Kind::Show => match extra::find(&folders, stem, size, true) {
            // An episode among the extras is one all the same: `Extras/Show S00E03`.
            Some(found) if found.base.is_some() || !found.kind.is_vague() || !episode::is_numbered(stem) => {
                extra_of_show(&folders, found)
            }
            _ => Named::Episode(episode::name(&folders, stem)),
        },
        Kind::Artist => Named::Track(track::name(&folders, stem)),
        Kind::Photo => Named::Photo(photo::name(stem)),
    }
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

fn extra_of_show(folders: &[String], found: extra::Found) -> Named {
    let extra::Found { kind, title, folders: owned, base } = found;
    let of_episode = base.as_deref().filter(|base| episode::is_numbered(base));
    let Episode { show, season, numbers, .. } =
        episode::name(&folders[..owned], of_episode.unwrap_or_default());
    let numbers = if of_episode.is_some() { numbers } else { Numbers::None };
    let title = if of_episode.is_some() { String::new() } else { title };
    Named::Extra(Extra { kind, title: extra::title(kind, title), of: Owner::Show { show, season, numbers } })
}
