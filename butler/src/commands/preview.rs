//! `butler preview`: the preview thumbnails of a film or episode: a contact sheet of them, or each in a file.
//!
//! The pictures come from a server that may be anybody's: each is decoded within limits. What is shown, and a
//! sheet, is drawn anew from that; into a folder goes what the server has, if it is a picture.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use butler_client::{Client, Metadata, Product, Products};
use butler_product::Value;
use butler_product::bif::Bif;
use clap::Args;
use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, ImageReader, Limits, RgbImage, imageops};
use serde::Serialize;

use super::show;
use crate::exit::Exit;
use crate::print::error::Trouble;
use crate::print::words::{count, file_name};
use crate::print::{Out, json, picture};

/// Pictures of a sheet at most, and how many stand in a row.
const MOST: usize = 24;
const COLUMNS: u32 = 4;
/// Pixels of a picture's width on a sheet, and of the line between two.
const WIDTH: u32 = 320;
const LINE: u32 = 4;
/// Pixels of a side that are decoded at most: no preview is larger.
const LARGEST_SIDE: u32 = 4_096;
const QUALITY: u8 = 85;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The item's id, as `butler items` lists it, or the path of one of its files on the server's machine
    #[arg(value_name = "ITEM|FILE")]
    what: String,

    /// Where to write: a contact sheet if it ends with .jpg, else a folder, which gets every picture
    /// [default: shown on a terminal that can, else a sheet in the working folder; with --json nothing is
    /// written]
    #[arg(short, long = "out", value_name = "SHEET.jpg|DIR")]
    out: Option<PathBuf>,
}

/// What there is and what was written, for programs.
#[derive(Serialize)]
struct Written {
    pictures: usize,
    interval_ms: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    written: Option<PathBuf>,
}

pub(crate) async fn run(client: &Client, arguments: Arguments, out: Out) -> Result<Exit, Trouble> {
    let id = show::find(client, &arguments.what).await?;
    let made = client.products(id).await.map_err(|error| show::unknown(&arguments.what, error))?;
    let Some((product, part)) =
        chosen(&made.products, &arguments.what).and_then(|product| Some((product, product.part?)))
    else {
        let item = client.item(id).await.map_err(|error| show::unknown(&arguments.what, error))?;
        return Err(none_yet(&arguments.what, &item, &made));
    };
    let unsound = |error: &dyn std::error::Error| {
        Trouble::new(Exit::Failed, "The preview thumbnails can't be read.").cause(error)
    };
    let mut bif = Bif::open(Cursor::new(client.preview(part).await?)).map_err(|error| unsound(&error))?;
    let pictures = bif.pictures();
    let interval_ms = bif.interval_ms();
    let mut place =
        |number: usize| bif.picture(number).map_err(|error| unsound(&error)).map(Option::unwrap_or_default);
    let what = format!(
        "{} of {}, one every {} s",
        count(pictures as u64, "picture"),
        file_name(&product.file),
        f64::from(interval_ms) / 1_000.0
    );
    let is_sheet = |path: &Path| {
        path.extension()
            .is_some_and(|end| end.eq_ignore_ascii_case("jpg") || end.eq_ignore_ascii_case("jpeg"))
    };
    if let Some(folder) = arguments.out.as_deref().filter(|out| !is_sheet(out)) {
        std::fs::create_dir_all(folder).map_err(|error| unwritten(folder, &error))?;
        for number in 0..pictures {
            let file = folder.join(format!("{}.jpg", clock(number as u64 * u64::from(interval_ms))));
            let picture = place(number)?;
            // As the server has it, which is one picture and nothing else that a program might open.
            decode(&picture).map_err(|error| unsound(&error))?;
            std::fs::write(&file, picture).map_err(|error| unwritten(&file, &error))?;
        }
        return tell(Written { pictures, interval_ms, written: Some(folder.to_owned()) }, &what, out);
    }
    if out.json && arguments.out.is_none() {
        return tell(Written { pictures, interval_ms, written: None }, &what, out);
    }
    let chosen: Vec<Vec<u8>> =
        spread(pictures, MOST).into_iter().map(&mut place).collect::<Result<_, _>>()?;
    let sheet = sheet(&chosen).map_err(|error| unsound(&error))?;
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode_image(&sheet)
        .map_err(|error| unsound(&error))?;
    match (&arguments.out, picture::way()) {
        (None, Some(way)) => {
            picture::show(way, &sheet, &jpeg)?;
            out.line(format!("{what}."))?;
            Ok(Exit::Done)
        }
        (path, _) => {
            let path = path.clone().unwrap_or_else(|| PathBuf::from(format!("preview-{id}.jpg")));
            std::fs::write(&path, &jpeg).map_err(|error| unwritten(&path, &error))?;
            tell(Written { pictures, interval_ms, written: Some(path) }, &what, out)
        }
    }
}

/// The thumbnails of the file that was named, else of the item's first that has any.
fn chosen<'a>(products: &'a [Product], what: &str) -> Option<&'a Product> {
    let with_pictures =
        || products.iter().filter(|product| product.product == "bif" && product.bytes.is_some());
    with_pictures()
        .find(|product| file_name(&product.file) == file_name(what))
        .or_else(|| with_pictures().next())
}

fn none_yet(what: &str, item: &Metadata, made: &Products) -> Trouble {
    let none = |words: String| Trouble::new(Exit::NotThere, words);
    // Of a file whose headers can't be read no preview can be made either.
    let failed = ["bif", "media_info"]
        .into_iter()
        .find_map(|product| made.failures.iter().find(|failure| failure.product == product));
    let nothing = made.products.iter().find(|product| product.product == "bif");
    let nothing = nothing.and_then(|product| match serde_json::from_value(product.value.clone()) {
        Ok(Value::Nothing { why }) => Some(why),
        _ => None,
    });
    if item.media.is_empty() {
        none(format!("{what} is a {} and has no file of its own.", item.kind))
            .hint(format!("`butler show {what}` lists what is below it."))
    } else if matches!(item.kind.as_str(), "track" | "photo") {
        none(format!("{what} is a {}: only videos have preview thumbnails.", item.kind))
    } else if let Some(failure) = failed {
        let again = format!("`butler remake {what} --products {} --now` tries now.", failure.product);
        none(format!("The preview thumbnails of {what} could not be made: {}", failure.error))
            .hint(format!("`butler show {what}` says when that is tried again; {again}"))
    } else if let Some(why) = nothing {
        none(format!("There can be no preview thumbnails of {what}: {why}"))
    } else {
        none(format!("There are no preview thumbnails of {what} yet.")).hint(format!(
            "`butler show {what}` says when they come; `butler start GenerateMediaIndexFiles --force --wait` \
             makes them now."
        ))
    }
}

fn unwritten(path: &Path, error: &std::io::Error) -> Trouble {
    Trouble::new(Exit::Failed, format!("`{}` can't be written.", path.display()))
        .cause(error)
        .hint("Name another place with --out.")
}

fn tell(written: Written, what: &str, out: Out) -> Result<Exit, Trouble> {
    if out.json {
        json::print(&written)?;
    } else if let Some(path) = written.written {
        out.line(format!("{what}: {}", path.display()))?;
    }
    Ok(Exit::Done)
}

/// A moment of a film as a file's name: `01-02-30`, with milliseconds where there are any.
fn clock(ms: u64) -> String {
    let seconds = ms / 1_000;
    let rest = if ms.is_multiple_of(1_000) { String::new() } else { format!(".{:03}", ms % 1_000) };
    format!("{:02}-{:02}-{:02}{rest}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// At most so many places of a list, evenly spread, its first and last among them.
fn spread(pictures: usize, most: usize) -> Vec<usize> {
    if pictures <= most {
        return (0..pictures).collect();
    }
    (0..most).map(|number| number * (pictures - 1) / (most - 1)).collect()
}

/// The pictures side by side, each as large as the first; one that can't be decoded leaves its place dark.
fn sheet(jpegs: &[Vec<u8>]) -> Result<RgbImage, image::ImageError> {
    let decoded: Vec<_> = jpegs.iter().map(|jpeg| decode(jpeg)).collect();
    let first = decoded.iter().flatten().next();
    let Some(first) = first else {
        return Ok(decoded
            .into_iter()
            .next()
            .transpose()?
            .unwrap_or_else(|| RgbImage::new(WIDTH, WIDTH * 9 / 16)));
    };
    let (width, height) = first.dimensions();
    let columns = COLUMNS.min(decoded.len() as u32);
    let rows = (decoded.len() as u32).div_ceil(columns);
    let mut sheet = RgbImage::new(columns * (width + LINE) - LINE, rows * (height + LINE) - LINE);
    for (number, picture) in (0..).zip(&decoded) {
        if let Ok(picture) = picture {
            let (x, y) = (number % columns * (width + LINE), number / columns * (height + LINE));
            let picture = imageops::crop_imm(picture, 0, 0, width, height).to_image();
            imageops::replace(&mut sheet, &picture, x.into(), y.into());
        }
    }
    Ok(sheet)
}

/// A picture no wider or higher than a sheet takes.
fn decode(jpeg: &[u8]) -> Result<RgbImage, image::ImageError> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(LARGEST_SIDE);
    limits.max_image_height = Some(LARGEST_SIDE);
    limits.max_alloc = Some(4 * u64::from(LARGEST_SIDE) * u64::from(LARGEST_SIDE));
    let mut reader = ImageReader::with_format(Cursor::new(jpeg), ImageFormat::Jpeg);
    reader.limits(limits);
    let picture = reader.decode()?;
    let picture =
        if picture.width().max(picture.height()) > WIDTH { picture.thumbnail(WIDTH, WIDTH) } else { picture };
    Ok(picture.into_rgb8())
}

#[cfg(test)]
mod tests {
    use butler_client::Media;
    use serde_json::json;

    use super::*;

    fn jpeg(width: u32, height: u32, red: u8) -> Vec<u8> {
        let mut jpeg = Vec::new();
        let pixels = RgbImage::from_pixel(width, height, image::Rgb([red, 0, 0]));
        JpegEncoder::new_with_quality(&mut jpeg, 95).encode_image(&pixels).unwrap();
        jpeg
    }

    #[test]
    fn a_sheet_has_its_pictures_in_rows() {
        let all: Vec<_> = (0..6).map(|number| jpeg(160, 90, 40 * number)).collect();
        let sheet = sheet(&all).unwrap();
        assert_eq!(sheet.dimensions(), (4 * 164 - 4, 2 * 94 - 4));
        let red = |column: u32, row: u32| sheet.get_pixel(column * 164 + 80, row * 94 + 45).0[0];
        for (found, expect) in [(red(0, 0), 0), (red(3, 0), 120), (red(1, 1), 200), (red(2, 1), 0)] {
            assert!(found.abs_diff(expect) < 8, "{found} {expect}");
        }
    }

    #[test]
    fn what_is_not_there_is_told_with_its_reason() {
        let film = Metadata { kind: "movie".into(), media: vec![Media::default()], ..Metadata::default() };
        let told =
            |made: serde_json::Value| none_yet("7", &film, &serde_json::from_value(made).unwrap()).sentence;
        let none = json!({"products": [], "failures": [], "open": []});
        assert_eq!(told(none), "There are no preview thumbnails of 7 yet.");
        let failed = json!({"products": [], "open": [], "failures": [{
            "id": 5, "product": "bif", "part": "/a.mkv", "part_id": 1, "class": "content", "tries": 3,
            "error": "It ends in the middle.", "next_try_at": null, "failed_at": "2026-11-23T02:00:00Z",
            "run": 7}]});
        assert_eq!(told(failed), "The preview thumbnails of 7 could not be made: It ends in the middle.");
        let value = Value::Nothing { why: "It has no pictures.".into() };
        let nothing = json!({"failures": [], "open": [], "products": [{
            "product": "bif", "part": 1, "file": "/a.mkv", "version": 1, "params": "", "value": value,
            "bytes": null, "made_at": "2026-11-23T02:00:00Z"}]});
        assert_eq!(told(nothing), "There can be no preview thumbnails of 7: It has no pictures.");
    }

    #[test]
    fn a_hostile_picture_costs_its_own_place_only() {
        let mut bomb = jpeg(16, 16, 200);
        // The frame header's height and width: 65,535 each.
        let frame = bomb.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
        bomb[frame + 5..frame + 9].fill(0xff);
        assert!(decode(&bomb).is_err());
        let sheet = sheet(&[jpeg(32, 32, 250), bomb, b"no picture".to_vec(), jpeg(999, 7, 250)]).unwrap();
        assert_eq!(sheet.dimensions(), (4 * 36 - 4, 32));
        assert!(self::sheet(&[b"no picture".to_vec()]).is_err());
        assert!(self::sheet(&[]).is_ok());
    }

    #[test]
    fn a_long_film_is_shown_from_its_start_to_its_end() {
        assert_eq!(spread(3, 24), [0, 1, 2]);
        let spread = spread(1_000, 24);
        assert_eq!((spread.len(), spread[0], spread[23]), (24, 0, 999));
        assert!(spread.is_sorted());
    }

    #[test]
    fn pictures_are_named_by_their_moment() {
        assert_eq!([clock(0), clock(3_750_000), clock(1_500)], ["00-00-00", "01-02-30", "00-00-01.500"]);
    }
}
