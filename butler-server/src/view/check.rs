//! What a folder would become as a section, found by a dry run of a scan that writes nothing.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use butler_api::v1::{Check, CheckCounts, CheckItem, CheckLeftOut, CheckNote, CheckVersion};
use butler_library::{CheckError, Checked, CheckedItem, ItemKind, SectionKind, check_folder};
use tokio::time::timeout;

use crate::app::App;
use crate::error::{self, Problem};

/// Less than clients wait for an answer, so that nothing goes on for nobody.
const WITHIN: Duration = Duration::from_secs(25);
/// Checks at a time, for each has all that it saw in memory.
pub(crate) const MOST_CHECKS: usize = 2;
/// Items in an answer, whatever they stand below.
const MOST_ITEMS: u64 = 20_000;
/// Notes of a kind in an answer.
const MOST_NOTES: usize = 1_000;

/// What a folder would become; the type is found out if none is given.
pub(crate) async fn check(app: &App, folder: PathBuf, kind: Option<SectionKind>) -> Result<Check, Problem> {
    let until = Instant::now() + WITHIN;
    let turn = timeout(WITHIN, Arc::clone(&app.checks).acquire_owned())
        .await
        .map_err(|_| Problem::unavailable("Other folders are being checked. Try again when that is done."))?;
    app.library(move |library| {
        let _turn = turn;
        let checked = check_folder(library, &folder, kind, &mut || Instant::now() > until)?;
        let nested = super::sections::nested(&library.sections()?, &checked.folder);
        Ok::<_, CheckError>(body(checked, nested))
    })
    .await
}

impl From<CheckError> for Problem {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Root(error) => error.into(),
            CheckError::Store(error) => error.into(),
            CheckError::Away(sentence) => Self::unavailable(sentence),
            CheckError::TooLarge => {
                Self::unavailable(format!("{} Check the folders in it one by one.", error::sentence(&error)))
            }
            CheckError::Stopped => Self::unavailable(format!(
                "The folder could not be looked through within {} s. Check the folders in it one by one.",
                WITHIN.as_secs()
            )),
            CheckError::NoMedia(_) | CheckError::Unclear { .. } => Self::bad_request(format!(
                "{} (movie, show, artist or photo).",
                error::sentence(&error).trim_end_matches('.')
            )),
        }
    }
}

fn body(checked: Checked, nested: Vec<String>) -> Check {
    let Checked { folder, kind, guessed, mixed, files, items, doubts, ignored, unreadable } = checked;
    let mut counts = CheckCounts { files, ..CheckCounts::default() };
    items.iter().for_each(|item| count(item, &mut counts));
    let mut left_out = CheckLeftOut::default();
    let mut shown = 0;
    let is_shown = |item: &CheckedItem| {
        shown += size(item);
        shown <= MOST_ITEMS
    };
    let tops = items.len();
    let items: Vec<CheckItem> = items.into_iter().take_while(is_shown).map(item).collect();
    left_out.items = (tops - items.len()) as u64;
    Check {
        folder: folder.to_string_lossy().into_owned(),
        kind: kind.as_str().into(),
        guessed,
        mixed,
        nested,
        counts,
        items,
        doubts: notes(doubts, &mut left_out.doubts),
        ignored: notes(ignored, &mut left_out.ignored),
        unreadable: notes(unreadable, &mut left_out.unreadable),
        left_out,
    }
}

/// An item with all that stands below it.
fn size(item: &CheckedItem) -> u64 {
    1 + item.children.iter().chain(&item.extras).map(size).sum::<u64>()
}

fn count(item: &CheckedItem, counts: &mut CheckCounts) {
    let counter = match item.kind {
        ItemKind::Movie => &mut counts.movies,
        ItemKind::Show => &mut counts.shows,
        ItemKind::Season => &mut counts.seasons,
        ItemKind::Episode => &mut counts.episodes,
        ItemKind::Artist => &mut counts.artists,
        ItemKind::Album => &mut counts.albums,
        ItemKind::Track => &mut counts.tracks,
        ItemKind::Photo => &mut counts.photos,
        ItemKind::Extra => &mut counts.extras,
    };
    *counter += 1;
    item.children.iter().chain(&item.extras).for_each(|item| count(item, counts));
}

fn item(checked: CheckedItem) -> CheckItem {
    let CheckedItem { kind, title, year, number, aired, edition, ids, extra, versions, children, extras } =
        checked;
    let version = |version: butler_library::CheckedVersion| CheckVersion {
        label: version.label,
        files: version.files.iter().map(|file| file.to_string_lossy().into_owned()).collect(),
    };
    CheckItem {
        kind: kind.as_str().into(),
        title,
        year,
        number,
        aired,
        edition,
        ids,
        extra: extra.map(str::to_owned),
        versions: versions.into_iter().map(version).collect(),
        children: children.into_iter().map(item).collect(),
        extras: extras.into_iter().map(item).collect(),
    }
}

fn notes(notes: Vec<butler_library::CheckNote>, left_out: &mut u64) -> Vec<CheckNote> {
    *left_out = notes.len().saturating_sub(MOST_NOTES) as u64;
    notes
        .into_iter()
        .take(MOST_NOTES)
        .map(|note| CheckNote { path: note.path.to_string_lossy().into_owned(), message: note.sentence })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn an_answer_is_bounded_and_says_what_it_leaves_out() {
        let film = |number: u64| CheckedItem {
            kind: ItemKind::Movie,
            title: format!("Film {number}"),
            year: None,
            number: None,
            aired: None,
            edition: None,
            ids: Vec::new(),
            extra: None,
            versions: Vec::new(),
            children: Vec::new(),
            extras: Vec::new(),
        };
        let note = butler_library::CheckNote { path: PathBuf::from("a"), sentence: "It is odd.".to_owned() };
        let checked = Checked {
            folder: "/films".into(),
            kind: SectionKind::Movie,
            guessed: false,
            mixed: None,
            files: MOST_ITEMS + 5,
            items: (0..MOST_ITEMS + 5).map(film).collect(),
            doubts: vec![note; MOST_NOTES + 3],
            ignored: Vec::new(),
            unreadable: Vec::new(),
        };
        let body = body(checked, Vec::new());
        assert_eq!(body.items.len() as u64, MOST_ITEMS);
        assert_eq!((body.counts.movies, body.doubts.len()), (MOST_ITEMS + 5, MOST_NOTES));
        assert_eq!(body.left_out, CheckLeftOut { items: 5, doubts: 3, ..CheckLeftOut::default() });
    }
}
