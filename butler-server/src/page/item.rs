//! One item: what stands below it, or what Butler made of its files, on one time axis.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use butler_api::v1::{OpenProduct, Product, Products};
use butler_library::{ItemDetail, ItemId, ItemRow, MediaId, PartRow, RemakeScope, Section, StoreError};
use butler_product::ProductKind;
use butler_product::blur_hash::BlurHash;
use butler_product::chapter_thumbs::ChapterThumbs;
use maud::{Markup, html};

use super::act::told;
use super::below::Below;
use super::failures;
use super::form::Form;
use super::frame::{Site, Tab, Viewer};
use super::library::crumbs;
use super::session::Signed;
use super::words::{bytes, many, place};
use super::{blur, film, sounds_like, tile};
use crate::app::App;
use crate::error::Problem;
use crate::view;
use crate::view::remake::Remake;

/// Cells of the longer side of a picture's blur.
pub(super) const PICTURE_CELLS: u32 = 12;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/items/{id}", get(show)).route("/items/{id}/remake", post(remake))
}

async fn show(State(app): State<App>, viewer: Viewer, Path(id): Path<String>) -> Result<Response, Problem> {
    let site = Site::open(&app, &viewer).await?;
    let unknown = || Problem::not_found(format!("There is no item {id}."));
    let item: ItemId = id.parse().map_err(|_| unknown())?;
    let found = app
        .library(move |library| {
            let Some(detail) = library.item(item)? else { return Ok(None) };
            let section = library.section(detail.row.section)?;
            let below = Below::of(library, &detail.row)?;
            let first = detail.media.first().and_then(|version| version.parts.first());
            let chapters = match first.filter(|part| part.products.contains(&ProductKind::ChapterThumbs)) {
                Some(part) => library.product_of::<ChapterThumbs>(part.source)?.map(|stored| stored.value),
                None => None,
            };
            Ok::<_, StoreError>(Some((detail, section, below, chapters)))
        })
        .await?;
    let (detail, section, below, thumbs) = found.ok_or_else(unknown)?;
    let products = view::products::of_item(&app, &id).await?;
    let alike = sounds_like::card(&app, &site, &detail.row).await?;
    let parts: Vec<&PartRow> = detail.media.iter().flat_map(|version| &version.parts).collect();
    let mut lanes = Vec::new();
    for part in &parts {
        lanes.push(film::film(&app, &site, part, &products).await?);
    }
    let body = html! {
        section.wide { (head(&site, &detail.row, section.as_ref())) }
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
        @if !products.pictures.is_empty() {
            section.card.wide #pictures data-live { (pictures(&site, &products)) }
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
            (site.button(&format!("/items/{}/remake", item.id), "Make anew", ""))
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

/// The pictures beside the media, each with its blur, where that is made.
fn pictures(site: &Site, products: &Products) -> Markup {
    html! {
        h2 { "Pictures beside it" }
        ul.plain.lines {
            @for picture in &products.pictures {
                @let made: Vec<&Product> = products.products.iter().filter(|product| product.part.is_none() && product.file == picture.file).collect();
                li.row {
                    span {
                        @if let Some(hash) = made.iter().find_map(|product| film::read(&product.value)?.take::<BlurHash>()) { (blur::drawn(&hash, PICTURE_CELLS)) " " }
                        (picture.role) " " span.quiet { (picture.file.rsplit('/').next().unwrap_or_default()) }
                    }
                    span.quiet {
                        @for product in &made { (failures::product(&product.product)) ": " (film::summary(&product.value)) " · made " (site.clock.moment(product.made_at)) }
                        @if made.is_empty() { "nothing yet" }
                    }
                }
            }
        }
    }
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
    let done = view::remake::remake(&app, asked).await.map(|remade| remade.message);
    told(&app, &session, form.back(), done)
}
