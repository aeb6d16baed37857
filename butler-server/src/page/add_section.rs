//! A library is added: a folder is looked for, a dry run of a scan shows what would be found in it, and a
//! name makes it one.

use std::path::{Path, PathBuf};

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use butler_api::v1::{Check, CheckCounts, CheckItem, CheckNote};
use butler_library::{Folder, NewSection, SectionKind};
use maud::{Markup, html};

use super::act::told;
use super::flash::Flash;
use super::form::Form;
use super::frame::{self, Site, Tab, Viewer, coded};
use super::library::scan_words;
use super::session::Signed;
use super::words::{count, many};
use crate::app::App;
use crate::error::Problem;
use crate::params::Params;
use crate::view;

const KINDS: [(SectionKind, &str); 4] = [
    (SectionKind::Movie, "Films"),
    (SectionKind::Show, "Shows"),
    (SectionKind::Artist, "Music"),
    (SectionKind::Photo, "Photos"),
];
/// What a client of Plex's would name; shown, not used.
const AGENT: &str = "com.plexapp.agents.none";
const SCANNER: &str = "Butler";
/// Items and notes of a dry run that are named.
const MOST: usize = 40;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/sections/add", get(show).post(add))
}

async fn show(State(app): State<App>, viewer: Viewer, params: Params) -> Result<Response, Problem> {
    let site = Site::open(&app, &viewer).await?;
    let folder = params.paths("folder").into_iter().find(|folder| !folder.as_os_str().is_empty());
    let kind = params.get("type").filter(|kind| !kind.is_empty());
    let kind: Option<SectionKind> = kind.and_then(|kind| kind.parse().ok());
    let look = params.get("look").is_some();
    let folders = match &folder {
        Some(folder) => view::folders::inside(&app, folder.clone()).await,
        None => view::folders::first(&app).await,
    };
    let checked = match &folder {
        Some(folder) if look => Some(view::check::check(&app, folder.clone(), kind).await),
        _ => None,
    };
    let body = html! {
        section.wide {
            p.crumbs { a href=(site.at("/sections")) { "Library" } }
            h1 { "Add a library" }
            p.sub { "Choose the folder in which its files lie. Butler changes nothing in it." }
        }
        section.card { (browser(&site, folder.as_deref(), folders)) }
        aside {
            @match (&folder, &checked) {
                (None, _) => {}
                (Some(folder), None) => { section.card { (look_form(&site, folder)) } }
                (Some(folder), Some(Ok(check))) => { (found(&site, folder, check)) }
                (Some(folder), Some(Err(problem))) => {
                    section.card { p.flash.bad role="alert" { (coded(&refusal(problem))) } (look_form(&site, folder)) }
                }
            }
        }
    };
    Ok(site.page(Tab::Library, "Add a library", body))
}

/// Why a folder could not be looked through. The types that programs name stand below in a person's words.
fn refusal(problem: &Problem) -> String {
    match problem.sentence().split_once(": say its type") {
        Some((fact, _)) => format!("{fact}. Choose what it holds."),
        None => problem.sentence().to_owned(),
    }
}

fn address(site: &Site, folder: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    let coded =
        percent_encoding::percent_encode(folder.as_os_str().as_bytes(), percent_encoding::NON_ALPHANUMERIC);
    site.at(&format!("/sections/add?folder={coded}"))
}

fn browser(site: &Site, folder: Option<&Path>, folders: Result<Vec<Folder>, Problem>) -> Markup {
    html! {
        h2 { @match folder { Some(folder) => { "Folders in " span.file.whole { (folder.display()) } } None => "Folders of this machine" } }
        form.filters method="get" action=(site.at("/sections/add")) {
            label { span { "Or its whole path" } input type="text" name="folder" value=(folder.map(|folder| folder.display().to_string()).unwrap_or_default()) placeholder="/media/films"; }
            button { "Go" }
        }
        @match folders {
            Ok(folders) => {
                ul.plain.folders {
                    @if let Some(folder) = folder {
                        li { @match folder.parent() { Some(above) => { a href=(address(site, above)) { "One up" } } None => { a href=(site.at("/sections/add")) { "One up" } } } }
                    }
                    @for found in &folders { li { a href=(address(site, &found.path)) { (found.name) } } }
                }
                @if folders.is_empty() && folder.is_some() { p.empty { "There is no folder in it." } }
            }
            Err(problem) => { p.flash.bad role="alert" { (coded(problem.sentence())) } }
        }
    }
}

fn kinds(chosen: Option<&str>, or_guess: bool) -> Markup {
    html! {
        select name="type" id="type" {
            @if or_guess { option value="" { "Find out" } }
            @for (kind, name) in KINDS { option value=(kind.as_str()) selected[chosen == Some(kind.as_str())] { (name) } }
        }
    }
}

fn look_form(site: &Site, folder: &Path) -> Markup {
    html! {
        h2 { "This folder" }
        p.file.whole { (folder.display()) }
        form.column method="get" action=(site.at("/sections/add")) {
            input type="hidden" name="folder" value=(folder.display());
            input type="hidden" name="look" value="1";
            label for="type" { "It holds" } (kinds(None, true))
            button.main { "Show what a scan would find" }
        }
    }
}

fn found(site: &Site, folder: &Path, check: &Check) -> Markup {
    let name =
        folder.file_name().map_or_else(|| "Library".to_owned(), |name| name.to_string_lossy().into_owned());
    html! {
        section.card {
            h2 { "A scan would find" }
            p.strong { (counts(&check.counts)) }
            @if check.guessed { p.sub { "Taken for " (kind_name(&check.kind)) ", by what lies in it." } }
            @if let Some(mixed) = &check.mixed { p.sub { (coded(mixed)) } }
            @for nested in &check.nested { p.sub { (coded(nested)) } }
            form.column method="post" action=(site.at("/sections/add")) {
                input type="hidden" name="folder" value=(folder.display());
                label for="name" { "Its name" } input #name type="text" name="name" value=(name) required maxlength="100";
                label for="type" { "It holds" } (kinds(Some(&check.kind), false))
                button.main { "Add it and scan" }
            }
        }
        section.card {
            h2 { "What it would become" }
            ul.plain { @for item in check.items.iter().take(MOST) { (item_of(item)) } }
            @if check.items.len() > MOST { p.sub { "and " (count((check.items.len() - MOST) as u64)) " more" } }
        }
        (notes("Names that leave something open", &check.doubts))
        (notes("Left alone", &check.ignored))
        (notes("Could not be read", &check.unreadable))
    }
}

fn kind_name(word: &str) -> &str {
    KINDS.iter().find(|(kind, _)| kind.as_str() == word).map_or(word, |(_, name)| name)
}

fn counts(counts: &CheckCounts) -> String {
    let CheckCounts { movies, shows, seasons, episodes, artists, albums, tracks, photos, extras, files } =
        *counts;
    let all = [
        (movies, "film"),
        (shows, "show"),
        (seasons, "season"),
        (episodes, "episode"),
        (artists, "artist"),
        (albums, "album"),
        (tracks, "track"),
        (photos, "photo"),
        (extras, "extra"),
    ];
    let words: Vec<String> =
        all.into_iter().filter(|(number, _)| *number > 0).map(|(number, one)| many(number, one)).collect();
    if words.is_empty() {
        "nothing".to_owned()
    } else {
        format!("{} in {}", words.join(", "), many(files, "file"))
    }
}

fn item_of(item: &CheckItem) -> Markup {
    let below = item.children.len() as u64;
    html! {
        li { (item.title) @if let Some(year) = item.year { " " span.quiet { (year) } }
            @if let Some(edition) = &item.edition { " " span.quiet { (edition) } }
            @if below > 0 { " " span.quiet { "with " (count(below)) " below" } } }
    }
}

fn notes(heading: &str, notes: &[CheckNote]) -> Markup {
    html! {
        @if !notes.is_empty() {
            section.card {
                h2 { (heading) }
                ul.plain { @for note in notes.iter().take(MOST) { li { span.file.whole { (note.path) } span.quiet { (coded(&note.message)) } } } }
                @if notes.len() > MOST { p.sub { "and " (count((notes.len() - MOST) as u64)) " more" } }
            }
        }
    }
}

async fn add(State(app): State<App>, session: Signed, form: Form) -> Result<Response, Problem> {
    let folder = form.path("folder").unwrap_or_default();
    match made(&app, &form, folder).await {
        Ok((section, sentence)) => {
            app.flashes.put(session.0, Flash { sentence, is_good: true });
            Ok(frame::redirect(&app, &format!("/sections/{section}")))
        }
        Err(problem) => told(&app, &session, "/sections/add", Err(problem)),
    }
}

async fn made(app: &App, form: &Form, folder: PathBuf) -> Result<(i64, String), Problem> {
    let kind = form.get("type").unwrap_or_default();
    let kind: SectionKind =
        kind.parse().map_err(|_| Problem::bad_request("Choose what the folder holds."))?;
    let name = form.get("name").unwrap_or_default().to_owned();
    let new = NewSection {
        name: name.clone(),
        kind,
        roots: vec![folder],
        agent: AGENT.to_owned(),
        scanner: SCANNER.to_owned(),
        language: "en-US".to_owned(),
    };
    let (id, scan) = view::sections::add(app, new, true).await?;
    let sentence = match scan {
        Some(Ok(reply)) => scan_words(&name, &reply),
        Some(Err(problem)) => format!("It is added, but not scanned yet. {}", problem.sentence()),
        None => "It is added.".to_owned(),
    };
    Ok((id.0, sentence))
}
