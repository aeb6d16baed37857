//! Extras and samples: what lies beside a film or an episode and is none. By suffix, by exact name, and by
//! folder.
//!
//! A word counts only where no title can be meant: `-short` glued to a name, `Shorts` inside of a film's
//! folder. Never at the top of a root, where `Trailers` is a collection. Start with [`find`].

use std::sync::LazyLock;

use regex::Regex;

use super::title::{clean, comparable};
use super::{ExtraKind, junk, movie};

/// Release groups' samples are short: a larger file of that name is a film.
const SAMPLE_BYTES: u64 = 300 << 20;

/// Folders, letters and digits only. Whether longer names count too, and whether only inside of a film's own
/// folder.
const FOLDERS: &[(&str, ExtraKind, bool, bool)] = &[
    ("trailers", ExtraKind::Trailer, true, false),
    ("trailer", ExtraKind::Trailer, false, false),
    ("deletedscenes", ExtraKind::DeletedScene, true, false),
    ("deleted", ExtraKind::DeletedScene, false, true),
    ("behindthescenes", ExtraKind::BehindTheScenes, true, false),
    ("interviews", ExtraKind::Interview, true, false),
    ("interview", ExtraKind::Interview, false, true),
    ("featurettes", ExtraKind::Featurette, true, false),
    ("featurette", ExtraKind::Featurette, false, false),
    ("scenes", ExtraKind::Scene, false, true),
    ("scene", ExtraKind::Scene, false, true),
    ("shorts", ExtraKind::Short, false, true),
    ("short", ExtraKind::Short, false, true),
    ("other", ExtraKind::Other, false, true),
    ("others", ExtraKind::Other, false, true),
    ("clips", ExtraKind::Other, false, true),
    ("extras", ExtraKind::Other, false, false),
    ("extra", ExtraKind::Other, false, false),
    ("bonus", ExtraKind::Other, false, false),
    ("bonusdisc", ExtraKind::Other, false, false),
    ("bonusfeatures", ExtraKind::Other, false, false),
    ("specialfeatures", ExtraKind::Other, false, false),
    ("bonusdvd", ExtraKind::Other, false, false),
    ("backdrops", ExtraKind::Other, false, true),
    ("menu", ExtraKind::Other, false, true),
    ("menus", ExtraKind::Other, false, true),
    ("promos", ExtraKind::Other, false, true),
    // What discs of anime have beside their episodes: promotion, commercials, openings without credits.
    ("pv", ExtraKind::Other, false, true),
    ("pvs", ExtraKind::Other, false, true),
    ("cm", ExtraKind::Other, false, true),
    ("cms", ExtraKind::Other, false, true),
    ("pvcm", ExtraKind::Other, false, true),
    ("cmpv", ExtraKind::Other, false, true),
    ("nc", ExtraKind::Other, false, true),
    ("ncop", ExtraKind::Other, false, true),
    ("nced", ExtraKind::Other, false, true),
    ("ncopnced", ExtraKind::Other, false, true),
    ("creditless", ExtraKind::Other, true, true),
    ("映像特典", ExtraKind::Other, false, true),
    ("特典映像", ExtraKind::Other, false, true),
    ("samples", ExtraKind::Sample, false, false),
    ("sample", ExtraKind::Sample, false, false),
    ("minta", ExtraKind::Sample, false, true),
];

/// `-trailer`, `.sample`, ` - trailer`, `-deleted2` at a name's end.
static SUFFIX: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^(.*?)([ ]?-[ ]?|[ ]?[._][ ]?)(trailer|teaser|deleted[ _.]?scene|deletedscene|deleted|behind[ _.]?the[ _.]?scenes|interview|scene|featurette|short|other|extra|clip|sample)[ _-]?([0-9]{0,2})$",
    )
    .ok()
});

/// An extra by its path: what it is, what it is called, and how many folders belong to what it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) kind: ExtraKind,
    /// Empty where the name says no more than its kind.
    pub(super) title: String,
    pub(super) folders: usize,
    /// The name without the suffix, where a suffix told it.
    pub(super) base: Option<String>,
}

/// Whether a file is an extra of a film or show. `in_show`: in a section of shows, where every folder below
/// the top belongs to one.
pub(super) fn find(folders: &[String], stem: &str, size: u64, in_show: bool) -> Option<Found> {
    by_folder(folders, stem, size, in_show)
        .or_else(|| by_name(folders, stem, size))
        .or_else(|| by_suffix(folders, stem, size, in_show))
}

fn by_folder(folders: &[String], stem: &str, size: u64, in_show: bool) -> Option<Found> {
    let counts = |at: usize| {
        let (kind, only_in_own) = folder_kind(&folders[at])?;
        // A film with its year in a folder without one: a collection of short films.
        let is_owned = in_show
            || movie::is_film_folder(&folders[at - 1])
            || (!only_in_own && movie::with_year(stem).is_none());
        (is_owned && (kind != ExtraKind::Sample || size < SAMPLE_BYTES)).then_some(kind)
    };
    let top = (1..folders.len()).find(|at| counts(*at).is_some())?;
    let kind = (top..folders.len()).rev().find_map(|at| {
        folder_kind(&folders[at]).map(|(kind, _)| kind).filter(|kind| *kind != ExtraKind::Other)
    });
    // `Extras/Heat-trailer.mp4`
    let told = || {
        by_suffix(&folders[..=top], stem, size, in_show)
            .map(|found| found.kind)
            .filter(|kind| *kind != ExtraKind::Sample)
    };
    Some(Found {
        kind: kind.or_else(told).unwrap_or(ExtraKind::Other),
        title: plain_title(stem),
        folders: top,
        base: None,
    })
}

fn folder_kind(folder: &str) -> Option<(ExtraKind, bool)> {
    let key: String = folder.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    FOLDERS
        .iter()
        .find(|(word, _, longer, _)| {
            key == *word || (*longer && key.starts_with(word) && !movie::is_film_folder(folder))
        })
        .map(|(_, kind, _, only_in_own)| (*kind, *only_in_own))
}

/// Files that are called `trailer`, `sample`, `movie-trailer`.
fn by_name(folders: &[String], stem: &str, size: u64) -> Option<Found> {
    let key: String = stem.to_lowercase().chars().filter(|c| c.is_alphabetic()).collect();
    let kind = match key.as_str() {
        "trailer" | "movietrailer" | "teaser" => ExtraKind::Trailer,
        "sample" | "moviesample" if size < SAMPLE_BYTES => ExtraKind::Sample,
        _ if is_trailer_of_folder(folders, stem) => ExtraKind::Trailer,
        _ => return None,
    };
    let is_bare = stem.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ' ' | '.'));
    (!folders.is_empty() && is_bare).then(|| Found {
        kind,
        title: String::new(),
        folders: folders.len(),
        base: None,
    })
}

/// `Home Alone (1990)/Home Alone Trailer.mov`
fn is_trailer_of_folder(folders: &[String], stem: &str) -> bool {
    let title = folders
        .last()
        .filter(|folder| movie::is_film_folder(folder))
        .map(|folder| comparable(&movie::name(&[], folder).title));
    title.is_some_and(|title| comparable(&movie::name(&[], stem).title) == format!("{title}trailer"))
}

fn by_suffix(folders: &[String], stem: &str, size: u64, in_show: bool) -> Option<Found> {
    if let Some(base) = sample_of(stem).filter(|_| size < SAMPLE_BYTES) {
        return Some(Found {
            kind: ExtraKind::Sample,
            title: String::new(),
            folders: folders.len(),
            base: Some(base),
        });
    }
    let found = SUFFIX.as_ref()?.captures(stem)?;
    let (base, separator, word) = (&found[1], &found[2], &found[3]);
    let key: String = word.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    let kind = match key.as_str() {
        "trailer" | "teaser" => ExtraKind::Trailer,
        "deleted" | "deletedscene" => ExtraKind::DeletedScene,
        "behindthescenes" => ExtraKind::BehindTheScenes,
        "interview" => ExtraKind::Interview,
        "scene" => ExtraKind::Scene,
        "featurette" => ExtraKind::Featurette,
        "short" => ExtraKind::Short,
        "sample" => return None,
        _ => ExtraKind::Other,
    };
    let glued = separator == "-";
    let counts = match separator {
        // An episode may be called `Other`: in a show the word is in lower case.
        "-" => !in_show || word.chars().all(char::is_lowercase) || kind == ExtraKind::Trailer,
        " - " => matches!(key.as_str(), "trailer" | "deletedscene" | "behindthescenes" | "featurette"),
        _ => key == "trailer" && !separator.contains(' '),
    };
    // In no film's folder only a name with a year can be a film's.
    let is_owned = !folders.is_empty() || (glued && movie::with_year(base).is_some()) || in_show;
    (counts && is_owned && !clean(base).is_empty()).then(|| Found {
        kind,
        title: if movie::with_year(base).is_some() || is_one_of(folders, base) {
            String::new()
        } else {
            plain_title(base)
        },
        folders: folders.len(),
        base: Some(base.to_owned()),
    })
}

/// The name without `sample`, where that word is no title's: glued in front, or behind, or behind the year.
fn sample_of(stem: &str) -> Option<String> {
    let words = junk::words(stem);
    let at = words.iter().position(|word| word.text.eq_ignore_ascii_case("sample"))?;
    let word = words[at];
    let (front, behind) = (&stem[..word.start], &stem[word.end..]);
    let glued_behind = front.ends_with(['-', '.', '_', '(', '[']) || front.ends_with("- ");
    let glued_front = behind.starts_with(['-', '_']) && front.is_empty();
    let is_last = at + 1 == words.len() && at > 0 && glued_behind;
    let is_junk =
        junk::start(stem).is_some_and(|start| start <= word.start) || movie::with_year(front).is_some();
    (is_last || glued_front || (is_junk && at > 0))
        .then(|| format!("{}{behind}", front.trim_end_matches(['-', '.', '_', ' ', '(', '['])))
}

/// Whether a base is called as the folder that holds it.
fn is_one_of(folders: &[String], base: &str) -> bool {
    folders.last().is_some_and(|folder| {
        let folder = movie::name(&[], folder).title;
        comparable(&movie::name(&[], base).title) == comparable(&folder)
    })
}

fn plain_title(stem: &str) -> String {
    clean(junk::cut(stem))
}

/// What an extra is called: what its kind is called, where its name says no more.
pub(super) fn title(kind: ExtraKind, title: String) -> String {
    if !title.is_empty() {
        return title;
    }
    match kind {
        ExtraKind::Trailer => "Trailer",
        ExtraKind::DeletedScene => "Deleted scene",
        ExtraKind::BehindTheScenes => "Behind the scenes",
        ExtraKind::Interview => "Interview",
        ExtraKind::Scene => "Scene",
        ExtraKind::Featurette => "Featurette",
        ExtraKind::Short => "Short",
        ExtraKind::Sample => "Sample",
        ExtraKind::Other => "Extra",
    }
    .to_owned()
}
