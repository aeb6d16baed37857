//! `butler show`: one item whole: what it is, its files, what was made of them, what could not be made, and
//! when the rest comes.

use std::path::{Path, PathBuf};

use butler_client::{
    Client, Error, Failure, ItemProduct, Media, Metadata, NearTrack, OpenProduct, Part, Picture, Product,
    Products, SettingValue,
};
use butler_product::{ProductKind, Value};
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::exit::Exit;
use crate::print::error::{Trouble, not_there};
use crate::print::words::{bytes, count, date, duration_ms, time};
use crate::print::{Colour, Out, Text, json, product};

/// Of the tracks that sound like one so many are named.
const ALIKE: u32 = 3;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The item's id, as `butler items` lists it, or the path of one of its files on the server's machine
    #[arg(value_name = "ITEM|FILE")]
    what: String,
}

/// An item for programs: Plex's words for what it is, Butler's for what became of it.
#[derive(Serialize)]
struct Shown<'a> {
    item: &'a Metadata,
    #[serde(skip_serializing_if = "<[Metadata]>::is_empty")]
    children: &'a [Metadata],
    /// Of a track: those that sound like it.
    #[serde(skip_serializing_if = "<[NearTrack]>::is_empty")]
    sounds_like: &'a [NearTrack],
    #[serde(flatten)]
    made: &'a Products,
}

pub(crate) async fn run(client: &Client, arguments: Arguments, out: Out) -> Result<Exit, Trouble> {
    let id = find(client, &arguments.what).await?;
    let item = client.item(id).await.map_err(|error| unknown(&arguments.what, error))?;
    let made = client.products(id).await?;
    let is_missing = item.media.iter().flat_map(|media| &media.parts).any(|part| part.deleted_at.is_some());
    let stays = if is_missing && !out.json { Stays::of(client).await } else { Stays::Unknown };
    let children = if item.media.is_empty() { client.children(id).await? } else { Vec::new() };
    let alike = if item.kind == "track" { alike(client, id).await? } else { Vec::new() };
    if out.json {
        let shown = Shown { item: &item, children: &children, sounds_like: &alike, made: &made };
        json::print(&shown)?;
        return Ok(Exit::Done);
    }
    lines(&item, &children, &alike, &made, stays).into_iter().try_for_each(|line| out.line(line))?;
    Ok(Exit::Done)
}

/// The tracks that sound like one; none too where the server is of a version that does not know it.
async fn alike(client: &Client, track: i64) -> Result<Vec<NearTrack>, Error> {
    match client.nearest(track, ALIKE).await {
        Ok(near) => Ok(near.tracks),
        Err(Error::NotFound { .. }) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The item of an id or a path.
pub(super) async fn find(client: &Client, what: &str) -> Result<i64, Trouble> {
    if let Ok(id) = what.parse() {
        return Ok(id);
    }
    let path = known_path(Path::new(what));
    let file = client.file_at(&path).await?;
    file.map(|file| file.item).ok_or_else(|| {
        Trouble::new(Exit::NotThere, format!("No section has the file `{}`.", path.display()))
            .hint("`butler items` lists the items; `butler start RefreshLibraries --wait` finds new files.")
    })
}

/// A file's path as the server knows it: its working folder is another one than ours, and no links are on its
/// files' way.
pub(super) fn known_path(named: &Path) -> PathBuf {
    let path = std::path::absolute(named).map(|path| std::fs::canonicalize(&path).unwrap_or(path));
    path.unwrap_or_else(|_| named.to_owned())
}

pub(super) fn unknown(what: &str, error: Error) -> Trouble {
    not_there(error, || {
        Trouble::new(Exit::NotThere, format!("There is no item {what}."))
            .hint("`butler items` lists the items.")
    })
}

/// How long a file that is missing stays in its library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stays {
    /// So many days.
    Days(i64),
    /// Until somebody empties the trash: the task that takes it out is switched off.
    Always,
    /// The server does not tell.
    Unknown,
}

impl Stays {
    async fn of(client: &Client) -> Self {
        // A Plex Media Server has other settings, and other rules.
        let Ok(settings) = client.settings().await else { return Self::Unknown };
        let value =
            |id: &str| settings.settings.iter().find(|setting| setting.id == id).map(|found| &found.value);
        match (value("ButlerTaskGarbageCollectLibraryMedia"), value("ButlerTrashDays")) {
            (Some(SettingValue::Bool(false)), _) => Self::Always,
            (_, Some(SettingValue::Int(days))) => Self::Days(*days),
            _ => Self::Unknown,
        }
    }

    /// What is said of a file that is missing.
    fn words(self, since: i64) -> String {
        let since = Timestamp::from_second(since).unwrap_or_default();
        let until = match self {
            Self::Days(days) => {
                let until =
                    since.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MAX);
                format!(", goes from {} on unless it comes back", date(until))
            }
            Self::Always => ", stays until the trash is emptied".to_owned(),
            Self::Unknown => String::new(),
        };
        format!("  its file is missing: gone since {}{until}", date(since))
    }
}

fn lines(
    item: &Metadata,
    children: &[Metadata],
    alike: &[NearTrack],
    made: &Products,
    stays: Stays,
) -> Vec<Text> {
    let mut lines = vec![Text::from(title(item))];
    let section = item
        .library_section_title
        .as_deref()
        .map(|section| format!(", section {section}"))
        .unwrap_or_default();
    lines.push(format!("  {} {}{section}", item.kind, item.rating_key).into());
    lines.extend(item.guids.iter().map(|guid| format!("  {}", guid.id).into()));
    lines.extend(made.derived.iter().map(|product| derived_line(product).into()));
    let is_of_picture = |failure: &&Failure| made.pictures.iter().any(|picture| picture.file == failure.part);
    let of_itself =
        made.failures.iter().filter(|failure| failure.part_id.is_none() && !is_of_picture(failure));
    lines.extend(of_itself.map(failed_line));
    if !alike.is_empty() {
        lines.push(format!("  sounds like {}", alike.iter().map(near).collect::<Vec<_>>().join(", ")).into());
    }
    for child in children {
        let below = child.leaf_count.or(child.child_count).filter(|count| *count > 0);
        let noun = if child.kind == "season" { "episode" } else { "track" };
        let below = below.map(|number| format!(": {}", count(number, noun))).unwrap_or_default();
        lines.push(format!("  {} {}  {}{below}", child.kind, child.rating_key, child.title).into());
    }
    if !children.is_empty() {
        lines.push("`butler show` with one of these numbers shows it.".into());
    }
    for media in &item.media {
        for part in &media.parts {
            lines.push(Text::default());
            lines.extend(file(media, part, made, stays));
        }
    }
    for shown in &made.pictures {
        lines.push(Text::default());
        lines.extend(picture(shown, made));
    }
    lines
}

/// `Moonshake by Can (0.031)`.
fn near(track: &NearTrack) -> String {
    let artist = track.artist.as_deref().map(|artist| format!(" by {artist}")).unwrap_or_default();
    format!("{}{artist} ({:.3})", track.title, track.distance)
}

/// `The Long Field, Season 1, 2: Noon`; `Heat (1995), Director's Cut`.
fn title(item: &Metadata) -> String {
    let above: Vec<&str> =
        [&item.grandparent_title, &item.parent_title].into_iter().flatten().map(String::as_str).collect();
    let year = item.year.filter(|_| above.is_empty()).map(|year| format!(" ({year})")).unwrap_or_default();
    let edition = item.edition_title.as_deref().map(|edition| format!(", {edition}")).unwrap_or_default();
    let own = format!("{}{year}{edition}", item.title);
    match (above.as_slice(), item.index) {
        ([], _) => own,
        (above, Some(number)) => format!("{}, {number}: {own}", above.join(", ")),
        (above, None) => format!("{}: {own}", above.join(", ")),
    }
}

fn file(media: &Media, part: &Part, made: &Products, stays: Stays) -> Vec<Text> {
    let label = media.title.as_deref().map(|label| format!("{label}: ")).unwrap_or_default();
    let duration = part.duration.map(|ms| format!(", {}", duration_ms(ms))).unwrap_or_default();
    let mut lines = vec![Text::from(format!("{label}{} ({}{duration})", part.file, bytes(part.size)))];
    lines.extend(part.deleted_at.map(|since| Text::painted(stays.words(since), Colour::Red)));
    lines.extend(
        made.products
            .iter()
            .filter(|product| product.part == Some(part.id))
            .map(|product| made_line(product).into()),
    );
    lines.extend(made.failures.iter().filter(|failure| failure.part_id == Some(part.id)).map(failed_line));
    lines.extend(
        made.open
            .iter()
            .filter(|open| open.part == Some(part.id))
            .map(|open| Text::painted(open_line(open, made), Colour::Yellow)),
    );
    lines
}

/// A picture beside the media, and what became of it.
fn picture(picture: &Picture, made: &Products) -> Vec<Text> {
    let mut lines = vec![Text::from(format!("{}: {}", picture.role, picture.file))];
    let is_its = |part: Option<i64>, file: &str| part.is_none() && file == picture.file;
    let products = made.products.iter().filter(|product| is_its(product.part, &product.file));
    lines.extend(products.map(|product| made_line(product).into()));
    let failures = made.failures.iter().filter(|failure| is_its(failure.part_id, &failure.part));
    lines.extend(failures.map(failed_line));
    let open = made.open.iter().filter(|open| is_its(open.part, &open.file));
    lines.extend(open.map(|open| Text::painted(open_line(open, made), Colour::Yellow)));
    lines
}

/// `  bif               7 pictures, size 320×180, one every 10.0 s; 41 kB, made 2026-11-27 21:01`.
fn made_line(product: &Product) -> String {
    // A server of another version may store what this command does not know.
    let words = serde_json::from_value::<Value>(product.value.clone())
        .map(|value| product::summary(&value))
        .unwrap_or_default();
    let size = product.bytes.map(|size| format!("{}, ", bytes(size))).unwrap_or_default();
    let words = words.trim_end_matches('.');
    let words = if words.is_empty() { String::new() } else { format!("{words}; ") };
    format!("{}{words}{size}made {}", begun(&product.product), time(product.made_at))
}

/// `  needed_bandwidth  8.2 Mbit/s with a buffer of 5 MB, ...; made 2026-11-27 21:01`.
fn derived_line(product: &ItemProduct) -> String {
    let words = serde_json::from_value::<Value>(product.value.clone())
        .map(|value| product::summary(&value))
        .unwrap_or_default();
    let words = words.trim_end_matches('.');
    let words = if words.is_empty() { String::new() } else { format!("{words}; ") };
    let anew = if product.is_current { "" } else { ", and is made anew: its files changed" };
    format!("{}{words}made {}{anew}", begun(&product.product), time(product.made_at))
}

fn failed_line(failure: &Failure) -> Text {
    let next = match (failure.next_try, failure.next_try_at) {
        (Some(night), _) => format!("tried again in the night of {}", time(night.at())),
        (None, Some(at)) => format!("may be tried again from {} on, when a run is started", time(at)),
        (None, None) => format!("rests; `butler failures --retry {}` has it tried again", failure.id),
    };
    let tries = match failure.tries {
        // What a person starts by force uses up none.
        0 => String::new(),
        1 => "1 try, ".to_owned(),
        tries => format!("{tries} tries, "),
    };
    let error = failure.error.trim_end_matches('.');
    Text::from(begun(&failure.product))
        .then(Text::painted(format!("failed: {error}"), Colour::Red))
        .then(format!("; {tries}{next}"))
}

/// `  bif               not yet: ...`, or `made anew: ...` where the one that is there serves until then.
fn open_line(open: &OpenProduct, made: &Products) -> String {
    let is_there = made.products.iter().any(|product| {
        (product.part, &product.file, &product.product) == (open.part, &open.file, &open.product)
    });
    let what = if is_there { "made anew" } else { "not yet" };
    let when = match open.next_at {
        _ if !open.enabled => format!("{} makes it, and is switched off", open.task),
        Some(at) => format!("{} makes it, from {} on", open.task, time(at)),
        None => format!("{} makes it; `butler plan` tells when", open.task),
    };
    format!("{}{what}: {when}", begun(&open.product))
}

/// How each line of a product begins: with its name, as wide as the longest one.
fn begun(product: &str) -> String {
    let width = ProductKind::ALL.into_iter().map(|kind| kind.as_str().len()).max().unwrap_or(0);
    format!("  {product:<width$}  ")
}

#[cfg(test)]
mod tests {
    use butler_product::needed_bandwidth::NeededBandwidth;

    use super::*;

    fn text(lines: &[Text]) -> String {
        lines.iter().map(|line| line.plain() + "\n").collect()
    }

    #[test]
    fn a_file_is_shown_with_what_was_made_what_failed_and_what_is_to_come() {
        let at: Timestamp = "2026-11-23T02:00:00Z".parse().unwrap();
        let part = Part {
            id: 7,
            file: "/films/Heat.mkv".into(),
            size: 1_000_000,
            duration: Some(60_000),
            ..Part::default()
        };
        let media = Media { title: Some("1080p".into()), parts: vec![part.clone()], ..Media::default() };
        let value = serde_json::to_value(Value::Nothing { why: "It has no pictures.".into() }).unwrap();
        let product = Product {
            product: "bif".into(),
            part: Some(7),
            file: part.file.clone(),
            version: 1,
            params: String::new(),
            value,
            bytes: None,
            made_at: at,
        };
        let failure = Failure {
            id: 5,
            product: "bandwidth".into(),
            part: part.file.clone(),
            files: vec![part.file.clone()],
            file_count: 1,
            part_id: Some(7),
            class: "content".into(),
            error: "It ends in the middle.".into(),
            tries: 2,
            next_try_at: None,
            next_try: None,
            failed_at: at,
            run: None,
        };
        let open = OpenProduct {
            product: "tags".into(),
            part: Some(7),
            file: part.file.clone(),
            task: "Tagging".into(),
            enabled: true,
            next_at: Some(at),
        };
        let made = Products {
            products: vec![product],
            failures: vec![failure],
            open: vec![open],
            derived: Vec::new(),
            pictures: Vec::new(),
        };
        assert_eq!(
            text(&file(&media, &part, &made, Stays::Unknown)),
            format!(
                "1080p: /films/Heat.mkv (1.0 MB, 1 min 00 s)\n  bif               It has no pictures; made {0}\n  \
                 bandwidth         failed: It ends in the middle; 2 tries, rests; `butler failures --retry 5` has \
                 it tried again\n  \
                 tags              not yet: Tagging makes it, from {0} on\n",
                time(at)
            )
        );
    }

    #[test]
    fn a_file_that_is_missing_is_shown_with_since_when_and_until_when_it_stays() {
        let since: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let part = Part { deleted_at: Some(since.as_second()), ..Part::default() };
        let made = Products {
            products: Vec::new(),
            failures: Vec::new(),
            open: Vec::new(),
            derived: Vec::new(),
            pictures: Vec::new(),
        };
        let second = |stays| file(&Media::default(), &part, &made, stays)[1].plain();
        let gone = format!("  its file is missing: gone since {}", date(since));
        assert_eq!(second(Stays::Unknown), gone);
        assert_eq!(second(Stays::Always), format!("{gone}, stays until the trash is emptied"));
        let until = date("2026-12-23T12:00:00Z".parse().unwrap());
        assert_eq!(second(Stays::Days(30)), format!("{gone}, goes from {until} on unless it comes back"));
    }

    #[test]
    fn what_was_derived_for_a_season_is_shown_with_the_season() {
        let made_at: Timestamp = "2026-11-23T02:00:00Z".parse().unwrap();
        let needed = NeededBandwidth { files: 3, known: 2, needed: [9_000_000; 8] };
        let derived = |is_current| ItemProduct {
            product: "needed_bandwidth".into(),
            version: 1,
            value: serde_json::to_value(Value::from(needed)).unwrap(),
            is_current,
            made_at,
        };
        let line = derived_line(&derived(true));
        assert!(line.starts_with("  needed_bandwidth  9.0 Mbit/s with a buffer of 5 MB, "), "{line}");
        assert!(
            line.ends_with(&format!("of 2 of 3 files, as far as is known; made {}", time(made_at))),
            "{line}"
        );
        assert!(derived_line(&derived(false)).ends_with(", and is made anew: its files changed"));
    }

    #[test]
    fn an_item_is_named_with_what_it_belongs_to() {
        let item = Metadata {
            title: "Noon".into(),
            index: Some(2),
            parent_title: Some("Season 1".into()),
            ..Metadata::default()
        };
        let item = Metadata { grandparent_title: Some("The Long Field".into()), year: Some(2020), ..item };
        assert_eq!(title(&item), "The Long Field, Season 1, 2: Noon");
        let film = Metadata {
            title: "Heat".into(),
            year: Some(1995),
            edition_title: Some("Final".into()),
            ..Metadata::default()
        };
        assert_eq!(title(&film), "Heat (1995), Final");
    }
}
