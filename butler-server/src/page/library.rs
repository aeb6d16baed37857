//! The library: its sections, and what is in one, with a search.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use butler_api::Outcome;
use butler_engine::StartReply;
use butler_library::query::{Filter, ItemQuery, ItemScope, Matching, Relative, Test, TextField};
use butler_library::{ItemKind, Section, SectionId, SectionKind, StoreError};
use maud::{Markup, html};

use super::act::told;
use super::form::Form;
use super::frame::{Site, Tab, Viewer, coded};
use super::session::Signed;
use super::tile;
use super::words::{self, count, many};
use crate::app::App;
use crate::error::Problem;
use crate::params::Params;
use crate::view;
use crate::view::outside::Seen;

/// Items a page.
const SIZE: u32 = 60;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sections", get(list))
        .route("/sections/{id}", get(one))
        .route("/sections/{id}/scan", post(scan))
}

/// The kind of item that a section lists, of photos their albums if `by_album`.
const fn top_kind(kind: SectionKind, by_album: bool) -> (ItemKind, &'static str) {
    match kind {
        SectionKind::Photo if by_album => (ItemKind::PhotoAlbum, "album"),
        SectionKind::Movie => (ItemKind::Movie, "film"),
        SectionKind::Show => (ItemKind::Show, "show"),
        SectionKind::Artist => (ItemKind::Artist, "artist"),
        SectionKind::Photo => (ItemKind::Photo, "photo"),
    }
}

fn scope(section: &Section, by_album: bool) -> ItemScope {
    ItemScope::Listed { section: Some(section.id), kinds: vec![top_kind(section.kind, by_album).0] }
}

async fn list(State(app): State<App>, viewer: Viewer) -> Result<Response, Problem> {
    let site = Site::open(&app, &viewer).await?;
    let sections = app
        .library(|library| {
            let counted = library.sections()?.into_iter().map(|section| {
                let total = library.items(&ItemQuery::all(scope(&section, false)), 0, 0)?.total;
                Ok((section, total))
            });
            counted.collect::<Result<Vec<_>, StoreError>>()
        })
        .await?;
    let seen = view::outside::seen(&app).await;
    let body = html! {
        section.wide {
            div.row { h1 { "Library" } a.button.main href=(site.at("/sections/add")) { "Add a library" } }
        }
        section.card.wide #sections data-live {
            @if sections.is_empty() {
                p.empty {
                    "There is no library yet. Add one: Butler looks into the folder that you choose, and changes \
                     nothing in it."
                }
            }
            ul.plain { @for (section, total) in &sections { (section_row(&site, section, *total, &seen)) } }
        }
    };
    Ok(site.page(Tab::Library, "Library", body))
}

fn section_row(site: &Site, section: &Section, total: u64, seen: &Seen) -> Markup {
    let path = format!("/sections/{}", section.id);
    html! {
        li.row {
            div {
                a.strong href=(site.at(&path)) { (section.name) } " " span.quiet { (many(total, top_kind(section.kind, false).1)) }
                @for root in &section.roots { (words::path(&root.path.display().to_string())) }
                @for away in seen.away_of(section) { p.fail { (coded(&away.sentence)) } }
            }
            div.buttons {
                span.quiet { @match section.scanned_at { Some(at) => { "scanned " (site.clock.moment(at)) } None => "not scanned yet" } }
                (site.row_button(&format!("{path}/scan"), "Scan", &section.name))
            }
        }
    }
}

async fn one(
    State(app): State<App>,
    viewer: Viewer,
    params: Params,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let site = Site::open(&app, &viewer).await?;
    let unknown = || Problem::not_found(format!("There is no section {id}."));
    let section: SectionId = id.parse().map_err(|_| unknown())?;
    let start = params.parsed::<u32>("start", "a number from 0 on")?.unwrap_or(0);
    let search = params.get("title").map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let sought = search.clone();
    let by_album = params.get("by") == Some("album");
    let found = app
        .library(move |library| {
            let Some(section) = library.section(section)? else { return Ok(None) };
            let mut query = ItemQuery::all(scope(&section, by_album));
            if let Some(text) = sought {
                let title = Test::Text(TextField::Title, Matching::Contains, text);
                query.filter = Filter::Of(Relative::Own, title);
            }
            let page = library.items(&query, start.into(), SIZE.into())?;
            let ids: Vec<_> = page.rows.iter().map(|item| item.id).collect();
            let tiles = library.tiles(&ids)?;
            Ok::<_, StoreError>(Some((section, page, tiles)))
        })
        .await?;
    let (section, page, tiles) = found.ok_or_else(unknown)?;
    let seen = view::outside::seen(&app).await;
    let path = format!("/sections/{}", section.id);
    let more = |start: u32| {
        let title = search.as_deref().map_or_else(String::new, |text| {
            format!(
                "&title={}",
                percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
            )
        });
        let by = if by_album { "&by=album" } else { "" };
        site.at(&format!("{path}?start={start}{by}{title}"))
    };
    let end = u64::from(start) + page.rows.len() as u64;
    let body = html! {
        section.wide {
            p.crumbs { a href=(site.at("/sections")) { "Library" } }
            div.row { h1 { (section.name) } (site.button(&format!("{path}/scan"), "Scan", "")) }
            form.filters method="get" action=(site.at(&path)) role="search" {
                @if by_album { input type="hidden" name="by" value="album"; }
                label { span { "Title" } input type="search" name="title" value=(search.as_deref().unwrap_or_default()); }
                button { "Search" }
            }
        }
        section.card.wide #items data-live {
            @for away in seen.away_of(&section) {
                p { (words::path(&away.path.display().to_string())) span.fail { (coded(&away.sentence)) } }
            }
            p.sub {
                (many(page.total, top_kind(section.kind, by_album).1)) @if search.is_some() { " with these words in the title" } "."
                @if section.kind == SectionKind::Photo {
                    " " @if by_album { a href=(site.at(&path)) { "All photos" } }
                    @else { a href=(site.at(&format!("{path}?by=album"))) { "Albums" } }
                }
            }
            @if page.total == 0 && search.is_none() {
                p.empty {
                    @if section.scanned_at.is_some() {
                        "The last scan found nothing that belongs here: look whether its folder and its kind are right."
                    } @else { "It is not scanned yet: start a scan above." }
                }
            }
            (tile::grid(&site, &page.rows, &tiles))
            @if start > 0 || end < page.total { p.pages {
                @if start > 0 { a.button href=(more(start.saturating_sub(SIZE))) { "Before" } " " }
                @if end < page.total { a.button href=(more(start + SIZE)) { "Further" } " " span.quiet { (count(u64::from(start) + 1)) " to " (count(end)) } }
            } }
        }
    };
    Ok(site.page(Tab::Library, &section.name, body))
}

async fn scan(
    State(app): State<App>,
    session: Signed,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let section: i64 = id.parse().map_err(|_| Problem::not_found(format!("There is no section {id}.")))?;
    let name =
        app.library(move |library| library.section(SectionId(section))).await?.map(|section| section.name);
    let done = view::sections::scan(&app, section)
        .await
        .map(|reply| scan_words(name.as_deref().unwrap_or(&id), &reply));
    told(&app, &session, form.back(), done)
}

/// What became of a scan that was asked for.
pub(super) fn scan_words(section: &str, reply: &StartReply) -> String {
    match &reply.outcome {
        Outcome::Started { waits: None, .. } => {
            format!("The scan of {section} has started; what it finds appears here.")
        }
        Outcome::Running { .. } => format!("{section} is scanned already."),
        // Whose run it is stands before the reason for which it waits.
        _ => match reply.sentence.split_once(". ") {
            Some((_, reason)) => format!("The scan of {section} waits: {reason}"),
            None => format!("The scan of {section} is to come."),
        },
    }
}

/// A trail of links above a heading.
pub(super) fn crumbs(links: &[(String, String)]) -> Markup {
    html! {
        p.crumbs { @for (nth, (address, words)) in links.iter().enumerate() {
            @if nth > 0 { " · " }
            a href=(address) { (coded(words)) }
        } }
    }
}
