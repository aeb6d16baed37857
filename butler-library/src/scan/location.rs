//! Where a file stands in the tree of items, by what its name says: the items from the top down, and which
//! media and piece of the last one it is. Pure: nothing is looked up, nothing made. Start with
//! [`Location::of`].
//!
//! What makes an item itself among its parent's children is its key. A film's holds its folder: two files of
//! one name in one folder are two versions of a film; in two folders they are two films.

use butler_names::{Episode, Extra, ExtraKind, Ids, Movie, Named, Numbers, Owner, Photo, Show, Track};
use jiff::civil::Date;

use crate::{ItemKind, RootId};

/// A file of more episodes than these is taken for the first alone: somebody's name means something else.
const MOST_EPISODES: u32 = 100;

/// One item on the way from the top of the tree to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) kind: ItemKind,
    /// What makes it itself among its parent's children.
    pub(super) key: Vec<u8>,
    pub(super) title: String,
    pub(super) year: Option<u16>,
    pub(super) number: Option<u32>,
    /// Of an episode, counted through all seasons.
    pub(super) absolute: Option<u32>,
    /// The day on which an episode was shown.
    pub(super) aired: Option<Date>,
    pub(super) edition: Option<String>,
    /// `tmdb://949`.
    pub(super) ids: Vec<String>,
    pub(super) extra: Option<ExtraKind>,
    /// Of a film, show or season: where its extras belong; of an extra: where it does.
    pub(super) home: Option<Vec<u8>>,
    /// Of a film: its title and year; of an extra: which film or episode of its home, where its name says so.
    pub(super) about: Option<Vec<u8>>,
}

/// Where a file stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Location {
    /// The items that it belongs to, from the top down.
    pub(super) steps: Vec<Step>,
    /// Siblings of the last that the same file holds too: further episodes.
    pub(super) further: Vec<Step>,
    pub(super) version: Version,
}

/// Which media of an item a file belongs to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Version {
    /// What tells it from others: `1080p`.
    pub(super) label: Option<String>,
    /// What the files of a version in several pieces have in common; none where the file is all of it.
    pub(super) stack: Option<Vec<u8>>,
    /// Which piece, from 1 on.
    pub(super) piece: Option<u32>,
}

impl Location {
    /// Where a file stands, by its name and path below the root.
    pub(super) fn of(named: &Named, root: RootId, path: &[u8]) -> Self {
        let alone = |steps| Self { steps, further: Vec::new(), version: Version::default() };
        match named {
            Named::Movie(movie) => {
                let folder = own_folder(path, movie.version.is_some() || movie.stack.is_some());
                let version = Version::of(movie.version.as_ref(), movie.stack, root, folder, path);
                Self { version, ..alone(vec![film(movie, root, folder)]) }
            }
            Named::Episode(episode) => Self::of_episode(episode, root, path),
            Named::Track(Track { artist, album, album_year, disc, number, title, .. }) => alone(vec![
                artist_step(artist),
                Step {
                    year: *album_year,
                    ..Step::new(ItemKind::Album, key(&[&folded(album), &text(*album_year)]), album)
                },
                Step {
                    number: *number,
                    ..Step::new(ItemKind::Track, key(&[&text(*disc), &text(*number), &folded(title)]), title)
                },
            ]),
            Named::Photo(Photo { title }) => {
                let photo = Step::new(ItemKind::Photo, key(&[root.to_string().as_bytes(), path]), title);
                alone(photo_album(root, path).into_iter().chain([photo]).collect())
            }
            Named::Extra(named) => alone(vec![extra(named, root, path)]),
        }
    }

    fn of_episode(named: &Episode, root: RootId, path: &[u8]) -> Self {
        let season = season_of(named.season, named.numbers);
        let season_title = if season == 0 { "Specials".to_owned() } else { format!("Season {season}") };
        let season = Step {
            number: Some(season),
            home: Some(season_home(&named.show, season)),
            ..Step::new(ItemKind::Season, number_key(season), &season_title)
        };
        let mut episodes = episodes(named);
        let further = episodes.split_off(1);
        let mut steps = vec![show(&named.show), season];
        steps.append(&mut episodes);
        let folder = own_folder(path, named.stack.is_some());
        Self { steps, further, version: Version::of(named.version.as_ref(), named.stack, root, folder, path) }
    }
}

impl Step {
    pub(super) fn new(kind: ItemKind, key: Vec<u8>, title: &str) -> Self {
        Self {
            kind,
            key,
            title: title.to_owned(),
            year: None,
            number: None,
            absolute: None,
            aired: None,
            edition: None,
            ids: Vec::new(),
            extra: None,
            home: None,
            about: None,
        }
    }
}

impl Version {
    fn of(label: Option<&String>, piece: Option<u32>, root: RootId, folder: &[u8], path: &[u8]) -> Self {
        // Pieces lie in one folder, or each in one of its own there, and are of one format: what differs is
        // another version.
        let extension = path
            .iter()
            .rposition(|byte| *byte == b'.')
            .map_or(&[][..], |dot| &path[dot..])
            .to_ascii_lowercase();
        let label_key = label.map(|label| folded(label)).unwrap_or_default();
        let stack = piece.map(|_| key(&[root.to_string().as_bytes(), folder, &extension, &label_key]));
        Self { label: label.cloned(), stack, piece }
    }
}

/// The artist of this name.
pub(super) fn artist_step(artist: &str) -> Step {
    Step::new(ItemKind::Artist, key(&[&folded(artist)]), artist)
}

/// The album of a photo: the folder in which it lies, whatever is around that; none right below the root.
fn photo_album(root: RootId, path: &[u8]) -> Option<Step> {
    let end = path.iter().rposition(|byte| *byte == b'/')?;
    let name = path[..end].rsplit(|byte| *byte == b'/').next()?;
    let name = String::from_utf8_lossy(name);
    let plain = butler_names::plain(&name);
    let title = if plain.trim().is_empty() { name.as_ref() } else { plain.trim() };
    let own = key(&[root.to_string().as_bytes(), &path[..end]]);
    Some(Step::new(ItemKind::PhotoAlbum, own, title))
}

fn film(movie: &Movie, root: RootId, folder: &[u8]) -> Step {
    let root = root.to_string();
    let about = film_about(movie);
    let mut own = key(&[&about, root.as_bytes(), folder]);
    if let Some(edition) = &movie.edition {
        own = key(&[&own, &folded(edition)]);
    }
    Step {
        year: movie.year,
        edition: movie.edition.clone(),
        ids: ids(&movie.ids),
        home: Some(key(&[root.as_bytes(), folder])),
        about: Some(about),
        ..Step::new(ItemKind::Movie, own, &movie.title)
    }
}

fn film_about(movie: &Movie) -> Vec<u8> {
    key(&[&folded(&movie.title), &text(movie.year)])
}

fn show(named: &Show) -> Step {
    let own = show_home(named);
    Step {
        year: named.year,
        ids: ids(&named.ids),
        home: Some(own.clone()),
        ..Step::new(ItemKind::Show, own, &named.title)
    }
}

fn show_home(show: &Show) -> Vec<u8> {
    key(&[&folded(&show.title), &text(show.year)])
}

fn season_home(show: &Show, season: u32) -> Vec<u8> {
    key(&[&show_home(show), &number_key(season)])
}

/// Absolute numbers run through all seasons, so they stand in the first; what tells no season is a special.
fn season_of(season: Option<u32>, numbers: Numbers) -> u32 {
    season.unwrap_or(match numbers {
        Numbers::Range { .. } | Numbers::Absolute { .. } => 1,
        Numbers::Date(day) => u32::from(day.year().unsigned_abs()),
        Numbers::None => 0,
    })
}

/// Every episode that a file holds, at least one.
fn episodes(named: &Episode) -> Vec<Step> {
    let titled = |default: String| named.title.clone().unwrap_or(default);
    let aired =
        |steps: Vec<Step>| steps.into_iter().map(|step| Step { aired: named.aired, ..step }).collect();
    match named.numbers {
        Numbers::Range { first, last } => aired(numbered(first, last, false, &titled)),
        Numbers::Absolute { first, last } => aired(numbered(first, last, true, &titled)),
        Numbers::Date(day) => {
            let title = titled(day.to_string());
            vec![Step { aired: Some(day), ..Step::new(ItemKind::Episode, day_key(day), &title) }]
        }
        Numbers::None => {
            let title = titled(String::new());
            vec![Step::new(ItemKind::Episode, key(&[b"", &folded(&title)]), &title)]
        }
    }
}

fn numbered(first: u32, last: u32, is_absolute: bool, titled: &dyn Fn(String) -> String) -> Vec<Step> {
    let last = if last.saturating_sub(first) < MOST_EPISODES { last.max(first) } else { first };
    let step = |number: u32| {
        let title = titled(format!("Episode {number}"));
        let step = Step::new(ItemKind::Episode, number_key(number), &title);
        Step { number: Some(number), absolute: is_absolute.then_some(number), ..step }
    };
    (first..=last).map(step).collect()
}

fn extra(named: &Extra, root: RootId, path: &[u8]) -> Step {
    let root = root.to_string();
    let (home, about) = match &named.of {
        Owner::Film { folder, film } => {
            (key(&[root.as_bytes(), leading(path, *folder)]), film.as_ref().map(film_about))
        }
        Owner::Show { show, season: None, .. } => (show_home(show), None),
        Owner::Show { show, season: Some(season), numbers } => {
            let about = match numbers {
                Numbers::Range { first, .. } | Numbers::Absolute { first, .. } => Some(number_key(*first)),
                Numbers::Date(day) => Some(day_key(*day)),
                Numbers::None => None,
            };
            (season_home(show, *season), about)
        }
    };
    Step {
        extra: Some(named.kind),
        home: Some(home),
        about,
        ..Step::new(ItemKind::Extra, key(&[root.as_bytes(), path]), &named.title)
    }
}

/// The ids as Plex writes them, those first that most others know.
fn ids(ids: &Ids) -> Vec<String> {
    let Ids { imdb, tmdb, tvdb, anidb, musicbrainz } = ids;
    let known = [("imdb", imdb), ("tmdb", tmdb), ("tvdb", tvdb), ("anidb", anidb), ("mbid", musicbrainz)];
    known.into_iter().filter_map(|(name, id)| id.as_ref().map(|id| format!("{name}://{id}"))).collect()
}

/// The folder in which a film's file lies, below its root. One that is a piece or a version may lie in a
/// folder for that, which is none of the film's.
fn own_folder(path: &[u8], may_lie_deeper: bool) -> &[u8] {
    if !may_lie_deeper {
        return path.iter().rposition(|byte| *byte == b'/').map_or(&path[..0], |end| &path[..end]);
    }
    let components: Vec<_> = path
        .split(|byte| *byte == b'/')
        .map(|component| String::from_utf8_lossy(component).into_owned())
        .collect();
    leading(path, butler_names::film_folder(&components))
}

/// The first components of a path.
fn leading(path: &[u8], components: usize) -> &[u8] {
    let Some(last) = components.checked_sub(1) else { return &path[..0] };
    let mut slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    slashes.nth(last).map_or(path, |(end, _)| &path[..end])
}

fn key(parts: &[&[u8]]) -> Vec<u8> {
    parts.join(&0x1f)
}

fn number_key(number: u32) -> Vec<u8> {
    number.to_string().into_bytes()
}

fn day_key(day: Date) -> Vec<u8> {
    day.to_string().into_bytes()
}

fn folded(title: &str) -> Vec<u8> {
    title.to_lowercase().into_bytes()
}

fn text(number: Option<impl ToString>) -> Vec<u8> {
    number.map_or_else(Vec::new, |number| number.to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heat() -> Movie {
        Movie { title: "Heat".into(), year: Some(1995), ..Movie::default() }
    }

    fn line(named: Named, path: &str) -> Location {
        Location::of(&named, RootId(1), path.as_bytes())
    }

    #[test]
    fn the_folder_and_the_edition_tell_films_apart() {
        let own = |movie: Movie, path: &str| line(Named::Movie(movie), path).steps[0].key.clone();
        let cut = Movie { edition: Some("Final Cut".into()), ..heat() };
        assert_eq!(own(heat(), "Heat/a.mkv"), own(heat(), "Heat/b.mkv"));
        assert_ne!(own(heat(), "Heat/a.mkv"), own(heat(), "Heat 2/a.mkv"));
        assert_ne!(own(heat(), "Heat/a.mkv"), own(cut, "Heat/a.mkv"));
    }

    #[test]
    fn the_photos_of_a_folder_are_an_album() {
        let steps = |path: &str| line(Named::Photo(Photo { title: "IMG_1".into() }), path).steps;
        let [album, photo] = &steps("2024/Harz/IMG_1.jpg")[..] else { panic!("an album and its photo") };
        assert_eq!(
            (album.kind, album.title.as_str(), photo.kind),
            (ItemKind::PhotoAlbum, "Harz", ItemKind::Photo)
        );
        assert_eq!(album.key, steps("2024/Harz/IMG_2.jpg")[0].key);
        assert_ne!(album.key, steps("2023/Harz/IMG_1.jpg")[0].key);
        assert_eq!(steps("IMG_1.jpg").len(), 1, "no album above the root");
    }

    #[test]
    fn pieces_of_one_version_have_one_stack() {
        let version = |label: Option<&str>, piece: u32, path: &str| {
            line(
                Named::Movie(Movie { version: label.map(str::to_owned), stack: Some(piece), ..heat() }),
                path,
            )
            .version
        };
        let first = version(None, 1, "Heat/Heat-cd1.avi");
        assert_eq!((first.piece, &first.stack), (Some(1), &version(None, 2, "Heat/Heat-cd2.AVI").stack));
        assert_ne!(first.stack, version(None, 2, "Heat/Heat-cd2.mkv").stack);
        assert_ne!(first.stack, version(Some("4K"), 1, "Heat/Heat 4K-cd1.avi").stack);
        assert_eq!(line(Named::Movie(heat()), "Heat/Heat.avi").version.stack, None);
        assert_eq!(first.stack, version(None, 2, "Heat/CD2/Heat.avi").stack);
    }

    #[test]
    fn a_file_of_several_episodes_stands_at_each_of_them() {
        let episode = |numbers| {
            let show = Show { title: "Dark".into(), ..Show::default() };
            line(
                Named::Episode(Episode {
                    show,
                    season: Some(1),
                    numbers,
                    aired: Some(jiff::civil::date(2017, 12, 1)),
                    title: None,
                    version: None,
                    stack: None,
                }),
                "Dark/x.mkv",
            )
        };
        let told = episode(Numbers::Range { first: 2, last: 4 });
        assert_eq!(
            told.steps.iter().map(|step| step.title.as_str()).collect::<Vec<_>>(),
            ["Dark", "Season 1", "Episode 2"]
        );
        assert_eq!(told.further.iter().map(|step| step.number).collect::<Vec<_>>(), [Some(3), Some(4)]);
        assert_eq!(told.steps[2].aired, Some(jiff::civil::date(2017, 12, 1)));
        assert!(episode(Numbers::Range { first: 2, last: 9_999 }).further.is_empty());
        let dated = episode(Numbers::Date(jiff::civil::date(2009, 2, 10)));
        assert_eq!((dated.steps[2].title.as_str(), dated.steps[2].number), ("2009-02-10", None));
    }

    #[test]
    fn an_extra_belongs_where_its_film_lies() {
        let named = |folder, film| {
            Named::Extra(Extra {
                kind: ExtraKind::Trailer,
                title: "T".into(),
                of: Owner::Film { folder, film },
            })
        };
        let film = line(Named::Movie(heat()), "Films/Heat (1995)/Heat.mkv").steps.remove(0);
        let below = line(named(2, None), "Films/Heat (1995)/Trailers/T.mkv").steps.remove(0);
        assert_eq!((below.home, below.about), (film.home.clone(), None));
        let beside = line(named(2, Some(heat())), "Films/Heat (1995)/Heat-trailer.mkv").steps.remove(0);
        assert_eq!((beside.home, beside.about), (film.home, film.about));
        assert_eq!(
            line(named(0, None), "T.mkv").steps[0].home,
            line(Named::Movie(heat()), "Heat.mkv").steps[0].home
        );
    }
}
