//! One item: what stands below it, or what Butler made of its files, on one time axis.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use butler_api::v1::{OpenProduct, Product, Products, Remade};
use butler_library::{
    ItemDetail, ItemId, ItemRow, MediaId, PartRow, Picture, PicturePlace, RemakeScope, Section, StoreError,
};
use butler_product::ProductKind;
use butler_product::chapter_thumbs::ChapterThumbs;
use jiff::Timestamp;
use maud::{Markup, html};

use super::act::told;
use super::below::Below;
use super::failures;
use super::form::Form;
use super::frame::{Site, Tab, Viewer};
use super::library::crumbs;
use super::session::Signed;
use super::words::{bytes, many, mark, place};
use super::{film, picture, sounds_like, tile};
use crate::app::App;
use crate::error::Problem;
use crate::params::Params;
use crate::view;
use crate::view::remake::Remake;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/items/{id}", get(show)).route("/items/{id}/remake", post(remake))
}

async fn show(
    State(app): State<App>,
    viewer: Viewer,
    params: Params,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let site = Site::open(&app, &viewer).await?;
    let start = params.parsed::<u32>("start", "a number from 0 on")?.unwrap_or(0);
    let unknown = || Problem::not_found(format!("There is no item {id}."));
    let item: ItemId = id.parse().map_err(|_| unknown())?;
    let found = app
        .library(move |library| {
            let Some(detail) = library.item(item)? else { return Ok(None) };
            let section = library.section(detail.row.section)?;
            let below = Below::of(library, &detail.row, start.into())?;
            let first = detail.media.first().and_then(|version| version.parts.first());
            let chapters = match first.filter(|part| part.products.contains(&ProductKind::ChapterThumbs)) {
                Some(part) => library.product_of::<ChapterThumbs>(part.source)?.map(|stored| stored.value),
                None => None,
            };
            let beside = library.pictures_of(item)?;
            Ok::<_, StoreError>(Some((detail, section, below, chapters, beside)))
        })
        .await?;
    let (detail, section, below, thumbs, beside) = found.ok_or_else(unknown)?;
    let products = view::products::of_item(&app, &id).await?;
    let alike = sounds_like::card(&app, &site, &detail.row).await?;
    let parts: Vec<&PartRow> = detail.media.iter().flat_map(|version| &version.parts).collect();
    let mut lanes = Vec::new();
    for part in &parts {
        lanes.push(film::film(&app, &site, part, &products).await?);
    }
    let body = html! {
        section.wide { (head(&site, &detail.row, section.as_ref())) }
        @for part in parts.iter().filter(|part| part.photo.is_some()) { (photo(&site, &detail.row.title, part)) }
        @for lane in lanes { section.card.wide data-live id=(lane.0) { (lane.1) } }
        @if let Some(alike) = alike { section.card.wide #alike data-live { (alike) } }
        @if !products.derived.is_empty() {
            section.card.wide #derived data-live {
                h2 { "What follows for it as a whole" }
                ul.plain.lines {
                    @for product in &products.derived {
                        li.row {
                            span { (failures::product(&product.product)) }
                            span.quiet { (film::summary(&product.value)) @if !product.is_current { " · to be derived anew" } }
                        }
                    }
                }
            }
        }
        @if let (Some(thumbs), Some(version)) = (&thumbs, detail.media.first()) {
            section.card.wide #chapters data-live { (chapters(&site, version.id, &version.parts[0], thumbs)) }
        }
        @if beside.iter().any(|picture| file_of(picture).is_some()) {
            section.card.wide #pictures data-live { (pictures(&site, &beside, &products)) }
        }
        (below.shown(&site))
        @if !parts.is_empty() || !products.open.is_empty() {
            section.card #open data-live { (open(&site, &products)) }
            aside { section.card { (files(&site, &detail)) } }
        }
        @if !products.failures.is_empty() {
            section.card.wide #failures data-live { h2 { "What could not be made" } (failures::table(&site, &products.failures)) }
        }
    };
    Ok(site.page(Tab::Library, &detail.row.title, body))
}

fn head(site: &Site, item: &ItemRow, section: Option<&Section>) -> Markup {
    let mut links = vec![(site.at("/sections"), "Library".to_owned())];
    links
        .extend(section.map(|section| (site.at(&format!("/sections/{}", section.id)), section.name.clone())));
    for above in [&item.grandparent, &item.parent].into_iter().flatten() {
        links.push((site.at(&format!("/items/{}", above.id)), above.title.clone()));
    }
    html! {
        (crumbs(&links))
        div.row {
            h1 {
                (tile::numbered(item)) @if let Some(year) = item.year { " " span.quiet { (year) } }
            }
            // All that was made of a whole show is much: nobody asks for that by one click.
            details.menu {
                summary.button { "Make anew" }
                div.menu-body {
                    p.sub {
                        "All that was made of it is made again in the coming nights. Until then what is there serves."
                    }
                    (site.button(&format!("/items/{}/remake", item.id), "Make it anew", "main"))
                }
            }
        }
        @if let Some(edition) = &item.edition { p.sub { (edition) } }
    }
}

/// The pictures of a film's chapters, each where it begins.
fn chapters(site: &Site, media: MediaId, part: &PartRow, thumbs: &ChapterThumbs) -> Markup {
    let known = part.media_info.as_ref().map_or(&[][..], |info| &info.chapters);
    html! {
        h2 { (many(known.len() as u64, "chapter")) }
        ol.chapters tabindex="0" aria-label="Chapters" {
            @for (number, chapter) in (1..).zip(known) {
                li {
                    @if thumbs.has(number) {
                        img loading="lazy" alt={ "Chapter " (number) } src=(site.at(&format!("/library/media/{media}/chapterImages/{number}")));
                    } @else { span.pic.none { "no picture" } }
                    span.quiet { (place(chapter.start_ms)) }
                    @if let Some(title) = &chapter.title { " " (title) }
                }
            }
        }
    }
}

/// A photo as it is, or the blur of one that no browser reads.
fn photo(site: &Site, title: &str, part: &PartRow) -> Markup {
    let has_blur = part.products.contains(&ProductKind::BlurHash);
    html! {
        @if picture::is_shown(&part.path, part.size) {
            section.card.wide.photo { img alt=(title) src=(picture::address(site, part.source)); }
        } @else if has_blur {
            section.card.wide.photo {
                img width="480" alt={ "A blur of the colours of " (title) } src=(picture::blur_address(site, part.source));
                p.sub { "Browsers do not read its format; this is the blur of its colours." }
            }
        }
    }
}

/// The posters, covers and backgrounds in files beside the media.
fn pictures(site: &Site, beside: &[Picture], products: &Products) -> Markup {
    html! {
        h2 { "Pictures beside it" }
        ul.posters {
            @for (picture, path) in beside.iter().filter_map(|picture| Some((picture, file_of(picture)?))) {
                @let name = path.file_name().unwrap_or_default().to_string_lossy();
                @let is_of_it = |product: &&Product| product.part.is_none() && *product.file == *path.to_string_lossy();
                @let made: Vec<&Product> = products.products.iter().filter(is_of_it).collect();
                @let role = picture.role.as_str();
                li {
                    @if picture::is_shown(path, 0) {
                        img loading="lazy" alt={ "Its " (role) } src=(picture::address(site, picture.source));
                    } @else { img alt="A blur of its colours" src=(picture::blur_address(site, picture.source)); }
                    (role) " " span.quiet { (name) } br;
                    span.quiet {
                        @for product in &made { (film::made(product)) " " (site.clock.moment(product.made_at)) br; }
                        @if made.is_empty() { "nothing made of it yet" }
                    }
                }
            }
        }
    }
}

fn file_of(picture: &Picture) -> Option<&std::path::Path> {
    if let PicturePlace::File(path) = &picture.place { Some(path) } else { None }
}

/// What is missing says when it will come.
fn open(site: &Site, products: &Products) -> Markup {
    let failed = products.failures.len() as u64;
    let is_there = |open: &&OpenProduct| {
        products.products.iter().any(|known| (&known.product, &known.file) == (&open.product, &open.file))
    };
    let (again, missing): (Vec<_>, Vec<_>) = products.open.iter().partition(is_there);
    html! {
        h2 { "Still to come" }
        @if missing.is_empty() && failed == 0 {
            p.empty { @if again.is_empty() { "Nothing: it has all that the tasks make." } @else { "Nothing is missing." } }
        }
        @if failed > 0 { p.sub { (many(failed, "product")) " could not be made; see below." } }
        (list(site, products, &missing))
        @if !again.is_empty() {
            h2.later { "To be made anew" }
            p.sub { "What is there serves until then." }
            (list(site, products, &again))
        }
    }
}

fn list(site: &Site, products: &Products, open: &[&OpenProduct]) -> Markup {
    html! {
        ul.plain.lines {
            @for open in open {
                li.row {
                    span { (failures::product(&open.product)) @if open.part.is_none() { " " span.quiet { (open.file.rsplit('/').next().unwrap_or_default()) } } }
                    span.quiet { (when(site, products, open)) }
                }
            }
        }
    }
}

fn when(site: &Site, products: &Products, open: &OpenProduct) -> Markup {
    html! {
        @if !open.enabled { a href=(site.at(&format!("/tasks/{}", open.task))) { "its task is switched off" } }
        @else if let Some(failure) = open.part.and_then(|part| failures::of_headers(&products.failures, part)) {
            "once its headers can be read: " (failures::again(site, failure))
        }
        @else if let Some(at) = open.next_at { (site.clock.moment(at)) }
        @else { "with the next run of its task" }
    }
}

fn files(site: &Site, detail: &ItemDetail) -> Markup {
    html! {
        h2 { "Files" }
        ul.plain {
            @for part in detail.media.iter().flat_map(|version| &version.parts) {
                li {
                    span.file.whole { (part.path.display()) }
                    span.quiet {
                        (bytes(part.size)) ", found " (site.clock.moment(part.added_at))
                        @if let Some(since) = part.missing_since { ", " span.fail { "missing since " (site.clock.moment(since)) } }
                    }
                }
            }
        }
    }
}

async fn remake(
    State(app): State<App>,
    session: Signed,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let item: ItemId = id.parse().map_err(|_| Problem::not_found(format!("There is no item {id}.")))?;
    let asked = Remake {
        scope: RemakeScope::Item(item),
        what: format!("item {id}"),
        kinds: ProductKind::ALL.to_vec(),
        missing_only: false,
        now: false,
    };
    let done = view::remake::remake(&app, asked).await.map(|remade| remade_words(&remade));
    told(&app, &session, form.back(), done)
}

/// What is made anew and when, with its moments to be told in the viewer's zone.
fn remade_words(remade: &Remade) -> String {
    let mut nights: BTreeMap<Option<Timestamp>, u64> = BTreeMap::new();
    for by in &remade.tasks {
        *nights.entry(by.next.map(|at| at.at())).or_default() += by.count;
    }
    if nights.is_empty() {
        return "Nothing was made of it yet, and nothing failed: what is missing comes by itself.".to_owned();
    }
    let part = |(at, products): (Option<Timestamp>, u64)| match at {
        Some(at) => format!("{} from {} on", many(products, "product"), mark(at)),
        None => format!("{} once a task that is switched off is started", many(products, "product")),
    };
    let parts: Vec<String> = nights.into_iter().map(part).collect();
    // What failed is not there.
    let (verb, until) = match (remade.products, remade.failures) {
        (0, _) => ("tried again", ""),
        (_, 0) => ("made anew", " Until then what is there serves."),
        _ => ("made anew or, where it failed, tried again", " Until then what is there serves."),
    };
    format!("Of {}, {verb}: {}.{until}", many(remade.files, "file"), parts.join(", "))
}

#[cfg(test)]
mod tests {
    use butler_api::v1::RemadeBy;

    use super::*;

    #[test]
    fn what_is_made_anew_in_one_night_is_told_once() {
        let by = |count, next: Option<&str>| RemadeBy {
            task: "A".into(),
            kinds: Vec::new(),
            count,
            next: next.map(|at| at.parse().unwrap()),
        };
        let night = Some("2026-11-24T02:00:00+01:00");
        let told = |products, tasks: Vec<RemadeBy>| {
            remade_words(&Remade {
                files: 2,
                products,
                failures: 0,
                tasks,
                started: Vec::new(),
                message: String::new(),
            })
        };
        assert_eq!(
            told(5, vec![by(2, night), by(3, night)]),
            "Of 2 files, made anew: 5 products from {2026-11-24T01:00:00Z} on. Until then what is there serves."
        );
        assert_eq!(
            told(0, vec![by(1, None)]),
            "Of 2 files, tried again: 1 product once a task that is switched off is started."
        );
        assert!(told(0, Vec::new()).starts_with("Nothing was made"));
    }
}
