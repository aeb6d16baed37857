//! One item: what stands below it, or what Butler made of its files, on one time axis.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use butler_api::v1::{Bandwidth, OpenProduct, Product, Products};
use butler_library::{ItemDetail, ItemId, ItemRow, MediaId, PartRow, RemakeScope, Section, StoreError};
use butler_product::bandwidth::BUFFERS_BYTES;
use butler_product::blur_hash::BlurHash;
use butler_product::chapter_thumbs::ChapterThumbs;
use butler_product::loudness::{Loudness, StreamLevels};
use butler_product::{ProductKind, Quantity, Value};
use maud::{Markup, html};

use super::act::told;
use super::below::Below;
use super::failures;
use super::form::Form;
use super::frame::{Site, Tab, Viewer};
use super::library::crumbs;
use super::session::Signed;
use super::words::{bytes, count, many, place, rate};
use super::{blur, loudness_lane, sounds_like, tile};
use crate::app::App;
use crate::error::Problem;
use crate::view;
use crate::view::remake::Remake;

/// Pictures of a strip; the script shows the others.
const STRIP: u64 = 14;
/// Cells of the longer side of a picture's blur.
const PICTURE_CELLS: u32 = 12;
/// Points of a curve.
const POINTS: u64 = 240;

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
        lanes.push(film(&app, &site, part, &products).await?);
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
                            span.quiet { (summary(&product.value)) @if !product.is_current { " · to be derived anew" } }
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

/// What was made of one file, everything on the file's own time.
async fn film(
    app: &App,
    site: &Site,
    part: &PartRow,
    products: &Products,
) -> Result<(String, Markup), Problem> {
    let of_part: Vec<&Product> =
        products.products.iter().filter(|product| product.part == Some(part.id.0)).collect();
    let has = |kind: ProductKind| part.products.contains(&kind);
    let lasts = part.media_info.as_ref().and_then(|info| info.duration_ms).filter(|ms| *ms > 0);
    let bandwidth = if has(ProductKind::Bandwidth) {
        let seconds = lasts.unwrap_or(0) / 1000;
        let step = u32::try_from(seconds.div_ceil(POINTS)).unwrap_or(1).clamp(1, 3600);
        view::products::bandwidth(app, &part.id.to_string(), step).await.ok()
    } else {
        None
    };
    let strip = strip_of(&of_part);
    let loudness = loudness_of(app, part, &of_part).await;
    let markup = html! {
        div.row {
            h2 { "What was made of it" }
            span.quiet { (headline(part)) @if let Some(ms) = lasts { " · " (place(ms)) } }
        }
        @if let Some((pictures, interval_ms)) = strip {
            @let base = site.at(&format!("/library/parts/{}/indexes/sd/", part.id));
            @let every = pictures.div_ceil(STRIP).max(1);
            div.scrub data-scrub=(base) data-interval=(interval_ms) data-pictures=(pictures) tabindex="0"
                role="slider" aria-label="Preview: left and right move through the film" aria-valuemin="0"
                aria-valuemax=(pictures.saturating_sub(1)) aria-valuenow="0" aria-valuetext="0:00" {
                div.strip {
                    @for nth in (0..pictures).step_by(usize::try_from(every).unwrap_or(1)) {
                        img loading="lazy" alt={ "At " (place(nth * interval_ms)) } src={ (base) (nth * interval_ms) };
                    }
                }
                p.quiet.scrub-words { (count(pictures)) " pictures, one every " (place(interval_ms)) }
            }
        } @else if is_video(part) { p.empty { "No preview pictures yet." } }
        @if let Some(bandwidth) = &bandwidth { (data_lane(bandwidth)) }
        @if let Some((loudness, levels)) = &loudness { (loudness_lane::lane(loudness, levels)) }
        @if of_part.is_empty() { p.empty { "Nothing yet." } }
        ul.plain.lines.made {
            @for product in &of_part {
                li.row { span { @if let Some(hash) = read(&product.value).and_then(Value::take::<BlurHash>) { (blur::drawn(&hash, PICTURE_CELLS)) " " } (failures::product(&product.product)) } span.quiet { (summary(&product.value)) " · made " (site.clock.moment(product.made_at)) } }
            }
        }
    };
    Ok((format!("part-{}", part.id), markup))
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
                        @if let Some(hash) = made.iter().find_map(|product| read(&product.value)?.take::<BlurHash>()) { (blur::drawn(&hash, PICTURE_CELLS)) " " }
                        (picture.role) " " span.quiet { (picture.file.rsplit('/').next().unwrap_or_default()) }
                    }
                    span.quiet {
                        @for product in &made { (failures::product(&product.product)) ": " (summary(&product.value)) " · made " (site.clock.moment(product.made_at)) }
                        @if made.is_empty() { "nothing yet" }
                    }
                }
            }
        }
    }
}

fn is_video(part: &PartRow) -> bool {
    let streams = part.media_info.as_ref().map_or(&[][..], |info| &info.streams);
    streams.iter().any(|stream| stream.picture.is_some()) && part.photo.is_none()
}

fn headline(part: &PartRow) -> String {
    let Some(info) = &part.media_info else { return "its headers are not read yet".to_owned() };
    let words = info.streams.iter().take(4).map(|stream| match (&stream.picture, &stream.sound) {
        (Some(picture), _) => format!("{} {}×{}", stream.codec, picture.width, picture.height),
        (_, Some(sound)) => format!("{} {} ch", stream.codec, sound.channels),
        _ => stream.codec.clone(),
    });
    words.collect::<Vec<_>>().join(" · ")
}

/// How many preview pictures there are, and milliseconds from one to the next.
fn strip_of(products: &[&Product]) -> Option<(u64, u64)> {
    let value =
        products.iter().find(|product| product.product == "bif").and_then(|product| read(&product.value))?;
    let bif = value.get::<butler_product::bif::Summary>()?;
    (bif.pictures > 0).then_some((bif.pictures.into(), bif.interval_ms.into()))
}

/// How loud the sound is that is played, and its course.
async fn loudness_of(app: &App, part: &PartRow, products: &[&Product]) -> Option<(Loudness, StreamLevels)> {
    let product = products.iter().find(|product| product.product == ProductKind::Loudness.as_str())?;
    let loudness = read(&product.value)?.take::<Loudness>()?;
    let levels = view::loudness::levels(app, part.id, loudness.played()?.index).await.ok()??;
    Some((loudness, levels))
}

fn read(value: &serde_json::Value) -> Option<Value> {
    serde_json::from_value(value.clone()).ok()
}

/// A product's value in a few words.
fn summary(value: &serde_json::Value) -> String {
    let Some(value) = read(value) else { return String::new() };
    let lines = value.summary().into_iter().map(|line| {
        let words = match line.quantity {
            Quantity::Count(number) => return format!("{} {}", count(number), line.label),
            Quantity::BitsPerSecond(bits) => return format!("{} {}", rate(bits), line.label),
            Quantity::Milliseconds(ms) => place(ms),
            Quantity::Pixels(width, height) => format!("{width}×{height}"),
            Quantity::Text(text) => text,
        };
        format!("{} {words}", line.label).trim_start().to_owned()
    });
    lines.take(4).collect::<Vec<_>>().join(", ")
}

/// Data over time, with the rate that playback needs.
fn data_lane(bandwidth: &Bandwidth) -> Markup {
    let steps = bandwidth.streams.iter().map(|stream| stream.bytes.len()).max().unwrap_or(0);
    let sums: Vec<u64> = (0..steps)
        .map(|step| bandwidth.streams.iter().filter_map(|stream| stream.bytes.get(step)).sum())
        .collect();
    // The buffer of an ordinary player.
    let needed = BUFFERS_BYTES
        .iter()
        .position(|buffer| *buffer == 5_000_000)
        .and_then(|at| bandwidth.total.needed.get(at));
    let needed = needed.copied().unwrap_or(0);
    let per_second = bandwidth.step_ms.max(1) as f64 / 1000.0;
    let bits: Vec<f64> = sums.iter().map(|bytes| *bytes as f64 * 8.0 / per_second).collect();
    let highest = bits.iter().copied().fold(needed as f64, f64::max).max(1.0);
    let y = |bits: f64| 42.0 - bits / highest * 40.0;
    let last = bits.len().saturating_sub(1).max(1) as f64;
    let path: Vec<String> = bits
        .iter()
        .enumerate()
        .map(|(nth, bits)| format!("{:.2} {:.1}", nth as f64 / last * 100.0, y(*bits)))
        .collect();
    let path = path.join("L");
    html! {
        div.lane {
            span { "Data" br; span.quiet { (rate(bandwidth.total.average)) ", needs " (rate(needed)) } }
            @if bits.len() > 1 {
                svg viewBox="0 0 100 44" preserveAspectRatio="none" role="img" aria-label={ "Data over time: " (rate(bandwidth.total.average)) " on average, at most " (rate(bandwidth.total.peak)) } {
                    path.area d={ "M0 44L" (path) "L100 44Z" } {}
                    path.edge d={ "M" (path) } {}
                    line.target x1="0" x2="100" y1=(format!("{:.1}", y(needed as f64))) y2=(format!("{:.1}", y(needed as f64))) {}
                }
            } @else { span.quiet { "too short for a curve" } }
        }
    }
}

/// What is missing says when it will come.
fn open(site: &Site, products: &Products) -> Markup {
    let failed = products.failures.len() as u64;
    html! {
        h2 { "Still to come" }
        @if products.open.is_empty() && failed == 0 { p.empty { "Nothing: it has all that the tasks make." } }
        @if failed > 0 { p.sub { (many(failed, "product")) " could not be made; see below." } }
        ul.plain.lines {
            @for open in &products.open {
                li.row {
                    span { (failures::product(&open.product)) @if open.part.is_none() { " " span.quiet { (open.file.rsplit('/').next().unwrap_or_default()) } } }
                    span.quiet { (when(site, open)) }
                }
            }
        }
    }
}

fn when(site: &Site, open: &OpenProduct) -> Markup {
    html! {
        @if !open.enabled { a href=(site.at(&format!("/tasks/{}", open.task))) { "its task is switched off" } }
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
