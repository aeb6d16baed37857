//! An item's page: what was made of one file, on one time axis: its pictures, the data it needs, how loud it
//! is, where somebody speaks, its chapters. Start with [`film`].

use butler_api::v1::{Bandwidth, Product, Products};
use butler_library::PartRow;
use butler_product::bandwidth::BUFFERS_BYTES;
use butler_product::loudness::{Loudness, StreamLevels};
use butler_product::media_info::Chapter;
use butler_product::voice::Voice;
use butler_product::{ProductKind, Quantity, Value};
use maud::{Markup, html};

use super::axis::{Axis, HEIGHT, per_cent};
use super::frame::{Site, coded};
use super::words::{count, many, place, rate};
use super::{failures, loudness_lane, picture};
use crate::app::App;
use crate::error::Problem;
use crate::view;

/// Points of a curve.
const POINTS: u64 = 240;
/// How many pictures of these proportions a strip is wide on a desk, at a height that is easily seen.
const STRIP: f64 = 14.0;
/// The fewest and the most pictures of a strip; the script shows all of them.
const PICTURES: (u64, u64) = (4, 24);
/// Pauses in speech that are shorter than this part of the film are not seen.
const CELLS: u64 = 480;

/// What was made of one file, everything on the file's own time: the name of the part, and its card.
pub(super) async fn film(
    app: &App,
    site: &Site,
    part: &PartRow,
    products: &Products,
) -> Result<(String, Markup), Problem> {
    let of_part: Vec<&Product> =
        products.products.iter().filter(|product| product.part == Some(part.id.0)).collect();
    let lasts = part.media_info.as_ref().and_then(|info| info.duration_ms).filter(|ms| *ms > 0);
    let lanes = match lasts {
        Some(lasts_ms) => {
            let failed = why_no_pictures(part, products);
            Some(lanes(app, site, part, &of_part, failed, Axis { lasts_ms }).await)
        }
        None => None,
    };
    let markup = html! {
        div.row {
            h2 { "What was made of it" }
            span.quiet { (headline(part, products)) @if let Some(ms) = lasts { " · " (place(ms)) } }
        }
        @if let Some(lanes) = lanes { (lanes) }
        @if of_part.is_empty() { p.empty { "Nothing yet." } }
        ul.plain.lines.made {
            @for product in &of_part {
                li.row {
                    span {
                        @if product.product == ProductKind::BlurHash.as_str() {
                            img.small alt="" src=(picture::blur_address(site, part.source)); " "
                        }
                        (failures::product(&product.product))
                    }
                    span.quiet {
                        @match words(part, product).as_str() { "" => {} words => { (words) " · " } }
                        "made " (site.clock.moment(product.made_at))
                    }
                }
            }
        }
    };
    Ok((format!("part-{}", part.id), markup))
}

/// The grid: names on the left, and on the right what shares the axis.
async fn lanes(
    app: &App,
    site: &Site,
    part: &PartRow,
    products: &[&Product],
    failed: Option<&str>,
    axis: Axis,
) -> Markup {
    let has = |kind: ProductKind| part.products.contains(&kind);
    let bandwidth = if has(ProductKind::Bandwidth) {
        let step = u32::try_from((axis.lasts_ms / 1000).div_ceil(POINTS)).unwrap_or(1).clamp(1, 3600);
        view::products::bandwidth(app, &part.id.to_string(), step).await.ok()
    } else {
        None
    };
    let loudness = loudness_of(app, part, products).await;
    let voice =
        if has(ProductKind::Voice) { view::voice::of_part(app, part.id).await.ok().flatten() } else { None };
    let chapters = part.media_info.as_ref().map_or(&[][..], |info| &info.chapters);
    let pictures = pictures_of(products);
    html! {
        div.film data-film=(axis.lasts_ms) {
            @if let Some(pictures) = pictures { (strip(site, part, &pictures, axis)) }
            @else if let Some(why) = failed { p.empty { "There are no preview pictures. " (coded(why)) } }
            @else if is_video(part) { p.empty { "No preview pictures yet; below stands when they come." } }
            @if let Some(bandwidth) = &bandwidth { (data_lane(bandwidth, axis)) }
            @if let Some((loudness, levels)) = &loudness { (loudness_lane::lane(loudness, levels, axis)) }
            @if let Some(voice) = &voice { (speech_lane(voice, axis)) }
            @if !chapters.is_empty() { (chapter_lane(chapters, axis)) }
            (axis.names())
        }
        p.quiet.hint { "Move along the film, or tap it, to look into it." }
    }
}

/// Why a part has no preview pictures, if they could not be made.
fn why_no_pictures<'a>(part: &PartRow, products: &'a Products) -> Option<&'a str> {
    let is_of_it = |product: &str| {
        [ProductKind::Bif, ProductKind::MediaInfo].map(ProductKind::as_str).contains(&product)
    };
    let mut failures = products.failures.iter().filter(|failure| failure.part_id == Some(part.id.0));
    failures.find(|failure| is_of_it(&failure.product)).map(|failure| failure.error.as_str())
}

/// The preview pictures, each as wide as the time until the next one that is shown.
fn strip(site: &Site, part: &PartRow, pictures: &Pictures, axis: Axis) -> Markup {
    let base = site.at(&format!("/library/parts/{}/indexes/sd/", part.id));
    let Pictures { count: all, interval_ms, .. } = *pictures;
    let every = pictures.every();
    let width = per_cent(axis.place((every * interval_ms) as f64));
    let shown = (0..all).step_by(usize::try_from(every).unwrap_or(1)).map(|nth| nth * interval_ms);
    html! {
        div.lane {
            span { "Pictures" br; span.quiet { (count(all)) ", one every " (place(interval_ms)) } }
            div.strip data-scrub=(base) data-interval=(interval_ms) data-pictures=(all) tabindex="0"
                role="slider" aria-label="Preview: left and right move through the film" aria-valuemin="0"
                aria-valuemax=(all.saturating_sub(1)) aria-valuenow="0" aria-valuetext="0:00" {
                // One at the film's very end would have no room.
                @for ms in shown.filter(|ms| *ms < axis.lasts_ms) {
                    img alt={ "At " (place(ms)) } src={ (base) (ms) } width=(width);
                }
            }
        }
    }
}

fn is_video(part: &PartRow) -> bool {
    let streams = part.media_info.as_ref().map_or(&[][..], |info| &info.streams);
    streams.iter().any(|stream| stream.picture.is_some()) && part.photo.is_none()
}

fn headline(part: &PartRow, products: &Products) -> String {
    let Some(info) = &part.media_info else {
        let failed = failures::of_headers(&products.failures, part.id.0).is_some();
        return if failed { "its headers could not be read" } else { "its headers are not read yet" }
            .to_owned();
    };
    if let Some(photo) = &part.photo {
        let format = part.path.extension().unwrap_or_default().to_string_lossy().to_uppercase();
        let sides = photo.width.zip(photo.height).map(|(width, height)| format!(" · {width}×{height}"));
        return format!("{format}{}", sides.unwrap_or_default());
    }
    let words = info.streams.iter().take(4).map(|stream| match (&stream.picture, &stream.sound) {
        (Some(picture), _) => format!("{} {}×{}", stream.codec, picture.width, picture.height),
        (_, Some(sound)) => format!("{} {} ch", stream.codec, sound.channels),
        _ => stream.codec.clone(),
    });
    words.collect::<Vec<_>>().join(" · ")
}

/// The preview pictures that there are.
struct Pictures {
    count: u64,
    /// From one to the next.
    interval_ms: u64,
    /// Width by height.
    proportion: f64,
}

impl Pictures {
    /// Which are shown: each, each second, each third. Upright ones are narrower, and more of them fit.
    fn every(&self) -> u64 {
        let fit = (STRIP / self.proportion) as u64;
        self.count.div_ceil(fit.clamp(PICTURES.0, PICTURES.1)).max(1)
    }
}

fn pictures_of(products: &[&Product]) -> Option<Pictures> {
    let value =
        products.iter().find(|product| product.product == "bif").and_then(|product| read(&product.value))?;
    let bif = value.get::<butler_product::bif::Summary>()?;
    let proportion = f64::from(bif.width.max(1)) / f64::from(bif.height.max(1));
    let (count, interval_ms) = (bif.pictures.into(), bif.interval_ms.into());
    (count > 0).then_some(Pictures { count, interval_ms, proportion })
}

/// How loud the sound is that is played, and its course.
async fn loudness_of(app: &App, part: &PartRow, products: &[&Product]) -> Option<(Loudness, StreamLevels)> {
    let product = products.iter().find(|product| product.product == ProductKind::Loudness.as_str())?;
    let loudness = read(&product.value)?.take::<Loudness>()?;
    let levels = view::loudness::levels(app, part.id, loudness.played()?.index).await.ok()??;
    Some((loudness, levels))
}

pub(super) fn read(value: &serde_json::Value) -> Option<Value> {
    serde_json::from_value(value.clone()).ok()
}

/// A product of a part in a few words. Of a photo's headers libav's names tell nobody anything, and its size
/// stands above.
fn words(part: &PartRow, product: &Product) -> String {
    let is_told = part.photo.is_some() && product.product == ProductKind::MediaInfo.as_str();
    if is_told { String::new() } else { summary(&product.value) }
}

/// What a product is and what it came to: `loudness: -14 LUFS · made`.
pub(super) fn made(product: &Product) -> String {
    let name = failures::product(&product.product);
    match summary(&product.value) {
        words if words.is_empty() => format!("{name}, made"),
        words => format!("{name}: {words}, made"),
    }
}

/// A product's value in a few words; the letters of a blur hash are for players.
pub(super) fn summary(value: &serde_json::Value) -> String {
    let Some(value) = read(value) else { return String::new() };
    if let Value::BlurHash(_) = &value {
        return String::new();
    }
    let lines = value.summary().into_iter().map(|line| {
        let words = match line.quantity {
            Quantity::Count(1) => return format!("1 {}", one_of(line.label)),
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

/// One of what a label names several of: `key frame`, `stretch of speech`.
fn one_of(label: &str) -> String {
    match label.split_once(" of ") {
        Some((many, of)) => format!("{} of {of}", many.trim_end_matches("es")),
        None => label.trim_end_matches('s').to_owned(),
    }
}

/// Data over time, with the rate that playback needs.
fn data_lane(bandwidth: &Bandwidth, axis: Axis) -> Markup {
    let steps = bandwidth.streams.iter().map(|stream| stream.bytes.len()).max().unwrap_or(0);
    // The buffer of an ordinary player.
    let needed = BUFFERS_BYTES
        .iter()
        .position(|buffer| *buffer == 5_000_000)
        .and_then(|at| bandwidth.total.needed.get(at));
    let needed = needed.copied().unwrap_or(0);
    let step_bytes = |step| bandwidth.streams.iter().filter_map(|stream| stream.bytes.get(step)).sum();
    let rates = rates(&(0..steps).map(step_bytes).collect::<Vec<u64>>(), bandwidth.step_ms, axis);
    let highest = rates.iter().map(|(_, bits)| *bits).fold(needed as f64, f64::max).max(1.0);
    let y = |bits: f64| HEIGHT - 2.0 - bits / highest * (HEIGHT - 4.0);
    let points: Vec<(f64, f64)> = rates.iter().map(|(ms, bits)| (*ms, y(*bits))).collect();
    let (average, peak) = (rate(bandwidth.total.average), rate(bandwidth.total.peak));
    let label = format!("Data over time: {average} on average, at most {peak}");
    let name = html! { "Data" br; span.quiet { (average) ", needs " (rate(needed)) } };
    axis.curve(name, &label, &points, y(needed as f64))
}

/// Bits a second in the middle of each step. One that the film ends in, or that lies behind the end that its
/// headers state, is a part of the step before it if less than half of it is left: a key frame alone is no
/// rate, and spread over a whole step it would draw a fall that there is not.
fn rates(bytes: &[u64], step_ms: u64, axis: Axis) -> Vec<(f64, f64)> {
    let step_ms = step_ms.max(1);
    let mut steps: Vec<(u64, u64, u64)> = Vec::new();
    for (begins, bytes) in (0..).map(|step| step * step_ms).zip(bytes) {
        let lasts = axis.lasts_ms.saturating_sub(begins).min(step_ms);
        match steps.last_mut() {
            Some((_, lasted, held)) if lasts * 2 < step_ms => {
                (*lasted, *held) = (*lasted + lasts, *held + bytes)
            }
            _ => steps.push((begins, lasts.max(1), *bytes)),
        }
    }
    let rate = |(begins, lasts, bytes): (u64, u64, u64)| {
        (begins as f64 + lasts as f64 / 2.0, bytes as f64 * 8_000.0 / lasts as f64)
    };
    steps.into_iter().map(rate).collect()
}

/// Where somebody speaks.
fn speech_lane(voice: &Voice, axis: Axis) -> Markup {
    let spoken: u64 = voice.segments.iter().map(|segment| segment.length_ms()).sum();
    let part = format!("{} % of the time", (spoken * 100 + axis.lasts_ms / 2) / axis.lasts_ms);
    let rects = spans(voice, axis.lasts_ms / CELLS);
    axis.thin(
        html! { "Speech" br; span.quiet { (part) } },
        &format!("Speech: {part}"),
        html! {
            @for (from, until) in rects {
                @let x = axis.place(from as f64);
                rect.speech x=(format!("{x:.2}")) width=(format!("{:.2}", (axis.place(until as f64) - x).max(0.1))) height="14" {}
            }
        },
    )
}

/// The stretches of speech, those in one that have no pause of some length between them.
fn spans(voice: &Voice, pause_ms: u64) -> Vec<(u64, u64)> {
    let mut spans: Vec<(u64, u64)> = Vec::new();
    for segment in &voice.segments {
        match spans.last_mut() {
            Some((_, until)) if segment.start_ms <= *until + pause_ms => *until = segment.end_ms,
            _ => spans.push((segment.start_ms, segment.end_ms)),
        }
    }
    spans
}

/// Where chapters begin.
fn chapter_lane(chapters: &[Chapter], axis: Axis) -> Markup {
    let number = many(chapters.len() as u64, "chapter");
    let name = |nth: usize, chapter: &Chapter| {
        let title = chapter.title.as_ref().map_or_else(|| format!("Chapter {nth}"), Clone::clone);
        format!("{title}, {}", place(chapter.start_ms))
    };
    let until = |nth: usize| chapters.get(nth).map_or(axis.lasts_ms, |next| next.start_ms);
    axis.thin(
        html! { "Chapters" br; span.quiet { (count(chapters.len() as u64)) } },
        &format!("{number}, each where it begins"),
        html! {
            @for (nth, chapter) in (1..).zip(chapters) {
                @let x = axis.place(chapter.start_ms as f64);
                // The mark is what is seen of it; all of the chapter tells its name.
                rect.chapter x=(format!("{x:.2}")) width=(format!("{:.2}", (axis.place(until(nth) as f64) - x).max(0.0))) height="14" {
                    title { (name(nth, chapter)) }
                }
                line.mark x1=(format!("{x:.2}")) x2=(format!("{x:.2}")) y1="0" y2="14" {}
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use butler_product::voice::Segment;

    use super::*;

    #[test]
    fn speech_with_short_pauses_is_one_stretch_and_its_ends_are_where_they_were() {
        let segments = [(0, 900), (1_000, 2_000), (4_000, 5_000)];
        let voice =
            Voice { segments: segments.map(|(start_ms, end_ms)| Segment { start_ms, end_ms }).into() };
        assert_eq!(spans(&voice, 100), [(0, 2_000), (4_000, 5_000)]);
        assert_eq!(spans(&voice, 0).len(), 3);
        let lane = speech_lane(&voice, Axis { lasts_ms: 8_000 }).into_string();
        assert!(lane.contains("36 % of the time"), "{lane}");
        assert!(lane.contains("x=\"50.00\" width=\"12.50\""), "{lane}");
    }

    #[test]
    fn one_of_several_is_named_as_one() {
        let one = ["key frames", "stretches of speech", "chapters", "files"].map(one_of);
        assert_eq!(one, ["key frame", "stretch of speech", "chapter", "file"]);
    }

    #[test]
    fn a_strip_has_as_many_pictures_as_are_easily_seen() {
        let every = |count, proportion| Pictures { count, interval_ms: 10_000, proportion }.every();
        assert_eq!(every(5, 16.0 / 9.0), 1);
        assert_eq!(every(720, 16.0 / 9.0), 720 / 7 + 1);
        assert_eq!(every(720, 9.0 / 16.0), 720 / 24);
    }

    #[test]
    fn the_last_step_of_a_curve_is_as_long_as_the_film_goes_on() {
        let axis = Axis { lasts_ms: 1_500 };
        // As much a second as before.
        assert_eq!(rates(&[1_000, 500], 1_000, axis), [(500.0, 8_000.0), (1_250.0, 8_000.0)]);
        // What is less than half a step, and what lies behind the end, goes to the step before.
        let axis = Axis { lasts_ms: 2_250 };
        let ended = rates(&[1_000, 1_000, 250, 9], 1_000, axis);
        assert_eq!((ended.len(), ended[0], ended[1].0), (2, (500.0, 8_000.0), 1_625.0));
        assert!((ended[1].1 - 8_000.0).abs() < 60.0, "{ended:?}");
    }
}
