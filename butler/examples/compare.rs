//! Compares what Butler reads of media with what others read of the same files, field by field: ffprobe of
//! headers, mutagen of tags, exiftool of photos. By hand, whenever a reader changes:
//!
//! `cargo build -p butler -p butler-worker && cargo run -p butler --example compare -- FILE|FOLDER... [-v]`
//!
//! Of Debian it needs `ffmpeg`, `libimage-exiftool-perl` and `python3-mutagen`. A field counts where both read
//! it; `explained` are differences that are meant, each with its reason in this file. Beside them stands what
//! one alone reads. `-v` prints each difference, and each value that others alone read.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a tool for whoever changes a reader")]

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

/// What came of a field: how often.
#[derive(Default)]
struct Sum {
    equal: u32,
    explained: u32,
    different: u32,
    they_alone: u32,
    we_alone: u32,
}

/// How two values of one field stand to each other.
enum Verdict {
    Equal,
    /// They differ as they are meant to.
    Explained,
    Different,
}

struct Table {
    sums: BTreeMap<(&'static str, &'static str), Sum>,
    is_verbose: bool,
}

impl Table {
    /// Adds a field of a file; nothing is `null`, an empty text or an empty list.
    fn add(
        &mut self,
        (reader, field): (&'static str, &'static str),
        file: &str,
        ours: &Value,
        theirs: &Value,
        judge: impl Fn(&Value, &Value) -> Verdict,
    ) {
        let is_there = |value: &Value| !value.is_null() && *value != json!("") && *value != json!([]);
        let sum = self.sums.entry((reader, field)).or_default();
        let told = match (is_there(ours), is_there(theirs)) {
            (false, false) => return,
            (true, false) => {
                sum.we_alone += 1;
                return;
            }
            (false, true) => {
                sum.they_alone += 1;
                "alone"
            }
            (true, true) => match judge(ours, theirs) {
                Verdict::Equal => {
                    sum.equal += 1;
                    return;
                }
                Verdict::Explained => {
                    sum.explained += 1;
                    return;
                }
                Verdict::Different => {
                    sum.different += 1;
                    "other"
                }
            },
        };
        if self.is_verbose {
            println!("{told} | {reader} {field} | {file} | ours {ours} | theirs {theirs}");
        }
    }

    fn print(&self) {
        println!(
            "{:30} {:>6} {:>9} {:>9} {:>10} {:>8}",
            "", "equal", "explained", "different", "they alone", "we alone"
        );
        let (mut good, mut all) = (0, 0);
        for ((reader, field), sum) in &self.sums {
            let Sum { equal, explained, different, they_alone, we_alone } = sum;
            let name = format!("{reader} {field}");
            println!("{name:30} {equal:6} {explained:9} {different:9} {they_alone:10} {we_alone:8}");
            (good, all) = (good + equal + explained, all + equal + explained + different);
        }
        println!(
            "{good} of {all} fields that both read are equal or explained: {:.4}",
            f64::from(good) / f64::from(all)
        );
    }
}

fn main() -> Result<()> {
    let (flags, paths): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|word| word == "-v");
    ensure!(!paths.is_empty(), "compare FILE|FOLDER... [-v]");
    let mut table = Table { sums: BTreeMap::new(), is_verbose: !flags.is_empty() };
    let ours = read_by_butler(&paths)?;
    let files: Vec<&str> = ours.iter().filter_map(|file| file["file"].as_str()).collect();
    let (tags, photos) = (read_by_mutagen(&files)?, read_by_exiftool(&files)?);
    for file in &ours {
        let Some(name) = file["file"].as_str() else { continue };
        let product = |kind: &str| {
            let products = file["products"].as_array().into_iter().flatten();
            let mut values = products.map(|product| &product["value"]);
            values.find(|value| value["value"] == kind).unwrap_or(&Value::Null)
        };
        let headers = product("media_info");
        if !headers.is_null() {
            compare_headers(&mut table, name, headers, &read_by_ffprobe(name)?);
        }
        if let (Some(theirs), false) = (tags.get(name), product("tags").is_null()) {
            compare_tags(&mut table, name, product("tags"), theirs);
        }
        if let (Some(theirs), false) = (photos.get(name), product("photo").is_null()) {
            compare_photos(&mut table, name, product("photo"), theirs);
        }
    }
    println!("{} files", ours.len());
    table.print();
    Ok(())
}

/// What `butler analyse` says of all files, whose program lies beside the folder of examples.
fn read_by_butler(paths: &[String]) -> Result<Vec<Value>> {
    let own = std::env::current_exe()?;
    let butler = own.ancestors().nth(2).context("the folder of programs")?.join("butler");
    let output = butler_fixtures::command(butler)
        .args(["analyse", "--json", "--products", "media_info,tags,photo"])
        .args(paths)
        .stderr(Stdio::null())
        .output()?;
    serde_json::from_slice(&output.stdout).context("the answer of `butler analyse`")
}

fn read_by_ffprobe(file: &str) -> Result<Value> {
    let output = butler_fixtures::command("ffprobe")
        .args(["-v", "quiet", "-show_format", "-show_streams", "-of", "json", "-i"])
        .arg(file)
        .output()
        .context("ffprobe, of Debian's ffmpeg")?;
    Ok(serde_json::from_slice(&output.stdout).unwrap_or_default())
}

/// The tags that mutagen reads, by its own names in lower case, each a list of texts.
fn read_by_mutagen(files: &[&str]) -> Result<HashMap<String, Value>> {
    const SCRIPT: &str = "\
import json, sys, mutagen
def text(value):
    return value if isinstance(value, str) else str(getattr(value, 'value', value))
found = []
for line in sys.stdin:
    path = line.rstrip('\\n')
    try:
        file = mutagen.File(path, easy=True)
    except Exception:
        continue
    if file is None or not file.tags:
        continue
    tags = {}
    for key in file.tags.keys():
        values = file.tags[key]
        values = values if isinstance(values, list) else str(values).split('\\0') if hasattr(values, 'kind') else [values]
        tags.setdefault(str(key).lower(), []).extend(text(value) for value in values)
    found.append([path, tags])
json.dump(found, sys.stdout)
";
    let answer = fed(butler_fixtures::command("/usr/bin/python3").args(["-c", SCRIPT]), files)
        .context("python3-mutagen")?;
    let found: Vec<(String, Value)> = serde_json::from_slice(&answer)?;
    Ok(found.into_iter().collect())
}

fn read_by_exiftool(files: &[&str]) -> Result<HashMap<String, Value>> {
    let mut exiftool = butler_fixtures::command("exiftool");
    exiftool.args(["-j", "-n", "-q", "-q", "-ImageWidth", "-ImageHeight"]);
    exiftool.args(["-DateTimeOriginal", "-CreateDate", "-DateCreated"]);
    // What makers' own notes say otherwise is theirs.
    let of_exif =
        ["Orientation", "Make", "Model", "LensModel", "ExposureTime", "FNumber", "ISO", "FocalLength"];
    exiftool.args(of_exif.map(|tag| format!("-EXIF:{tag}")));
    exiftool.args(["-Composite:GPSLatitude", "-Composite:GPSLongitude", "-@", "-"]);
    let answer = fed(&mut exiftool, files).context("exiftool, of Debian's libimage-exiftool-perl")?;
    let found: Vec<Value> = serde_json::from_slice(&answer).unwrap_or_default();
    let named = |photo: Value| Some((photo["SourceFile"].as_str()?.to_owned(), photo));
    Ok(found.into_iter().filter_map(named).collect())
}

/// What a program prints that is fed the names of files, one a line.
fn fed(command: &mut Command, files: &[&str]) -> Result<Vec<u8>> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let (mut stdin, names) = (child.stdin.take().context("its input")?, files.join("\n") + "\n");
    let writer = std::thread::spawn(move || stdin.write_all(names.as_bytes()));
    let output = child.wait_with_output()?;
    if writer.join().is_err() {
        eprintln!("The names could not be handed over.");
    }
    Ok(output.stdout)
}

fn compare_headers(table: &mut Table, file: &str, ours: &Value, theirs: &Value) {
    const FFPROBE: &str = "ffprobe";
    let is_still = theirs["format"]["format_name"]
        .as_str()
        .is_some_and(|name| name.ends_with("_pipe") || name == "image2" || name == "gif");
    let seconds = |value: &Value| number(value).map(|ms| ms / 1_000.0).map_or(Value::Null, Value::from);
    if !is_still {
        let (length, stated) = (seconds(&ours["duration_ms"]), seconds(&ours["stated_ms"]));
        table.add((FFPROBE, "duration"), file, &length, &theirs["format"]["duration"], |ours, theirs| {
            match (is_near(ours, theirs, 0.005, 0.06), is_near(&stated, theirs, 0.005, 0.06)) {
                (true, _) => Verdict::Equal,
                // The file ends sooner than its headers say.
                (_, true) => Verdict::Explained,
                _ => Verdict::Different,
            }
        });
    }
    let found = theirs["streams"].as_array().into_iter().flatten();
    let by_index: HashMap<_, _> = found.map(|stream| (stream["index"].as_u64(), stream)).collect();
    for stream in ours["streams"].as_array().into_iter().flatten() {
        let Some(other) = by_index.get(&stream["index"].as_u64()) else { continue };
        let mut add = |field, ours: &Value, theirs: &Value, judge: &dyn Fn(&Value, &Value) -> Verdict| {
            table.add((FFPROBE, field), file, ours, theirs, judge);
        };
        let kind = match other["codec_type"].as_str() {
            Some("video") if other["disposition"]["attached_pic"] == 1 || is_still => "picture",
            Some("attachment") => "data",
            other => other.unwrap_or_default(),
        };
        add("kind", &stream["kind"], &kind.into(), &|ours, theirs| match (ours.as_str(), theirs.as_str()) {
            // A cover that nobody marked, and a picture that moves.
            (Some("picture"), Some("video")) | (Some("video"), Some("picture")) => Verdict::Explained,
            // Streams that nothing plays.
            (Some("other"), Some("data")) => Verdict::Explained,
            (ours, theirs) => equal(ours == theirs),
        });
        add("codec", &stream["codec"], &other["codec_name"], &same_text);
        let (picture, sound) = (&stream["picture"], &stream["sound"]);
        add("width", &picture["width"], &other["width"], &same_number);
        add("height", &picture["height"], &other["height"], &same_number);
        add("pixel format", &picture["pixel_format"], &other["pix_fmt"], &same_text);
        let rate = Some(ratio(&other["avg_frame_rate"])).filter(|rate| !rate.is_null());
        let rate = rate.unwrap_or_else(|| ratio(&other["r_frame_rate"]));
        if !is_still {
            let stated = ratio(&other["r_frame_rate"]);
            // Theirs of a cover is the clock, and ours is 0 where none is told.
            let is_rate = |rate: &Value| number(rate).is_some_and(|rate| rate > 0.0 && rate < 1_000.0);
            let [own, rate] =
                [&picture["frame_rate"], &rate].map(|rate| if is_rate(rate) { rate } else { &Value::Null });
            add("frame rate", own, rate, &|ours, theirs| {
                match (is_near(ours, theirs, 0.005, 0.0), is_near(ours, &stated, 0.005, 0.0)) {
                    (true, _) => Verdict::Equal,
                    // Of pictures that come at no even pace there are two rates.
                    (_, true) => Verdict::Explained,
                    _ => Verdict::Different,
                }
            });
        }
        let aspect = ratio(&other["sample_aspect_ratio"]);
        let own = picture["pixel_aspect"].as_array().map(|pair| (number(&pair[0]), number(&pair[1])));
        let own = own.and_then(|(width, height)| Some(width? / height?)).map_or(Value::Null, Value::from);
        add("pixel aspect", &own, &aspect, &same_number);
        let sides = other["side_data_list"].as_array().into_iter().flatten();
        let turned = sides.filter_map(|side| side["rotation"].as_f64()).next();
        let turned = turned.map_or(Value::Null, |left| (360.0 - left).rem_euclid(360.0).into());
        add("rotation", &picture["rotation"], &turned, &|ours, theirs| match same_number(ours, theirs) {
            // A matrix that mirrors too has no angle of its own.
            Verdict::Different if picture["mirrored"] == true => Verdict::Explained,
            verdict => verdict,
        });
        add("sample rate", &sound["sample_rate"], &other["sample_rate"], &same_number);
        add("channels", &sound["channels"], &other["channels"], &same_number);
        let language = &other["tags"]["language"];
        let language = if *language == "und" { &Value::Null } else { language };
        add("language", &stream["language"], language, &same_text);
    }
}

/// A field of tags: its name, ours, and what it is called elsewhere (Vorbis, MP4 and ID3; APE; ASF).
type TagField = (&'static str, &'static str, &'static [&'static str]);

const TAGS: [TagField; 10] = [
    ("title", "title", &["title"]),
    ("artists", "artists", &["artist", "author"]),
    ("album", "album", &["album", "wm/albumtitle"]),
    ("album artists", "album_artists", &["albumartist", "album artist", "album_artist", "wm/albumartist"]),
    ("track", "track", &["tracknumber", "track", "wm/tracknumber"]),
    ("disc", "disc", &["discnumber", "disc", "wm/partofset"]),
    ("date", "date", &["date", "year", "wm/year"]),
    ("genres", "genres", &["genre", "wm/genre"]),
    ("composers", "composers", &["composer", "wm/composer"]),
    ("compilation", "compilation", &["compilation", "wm/iscompilation"]),
];

fn compare_tags(table: &mut Table, file: &str, ours: &Value, theirs: &Value) {
    for (field, own, names) in TAGS {
        let values = names.iter().map(|name| &theirs[*name]).find(|values| !values.is_null());
        let Some(values) = values else { continue };
        let first = values[0].as_str().unwrap_or_default().trim();
        let number = || {
            let digits = first.split('/').next().and_then(|text| text.trim().parse::<u32>().ok());
            digits.filter(|number| *number > 0).map_or(Value::Null, Value::from)
        };
        let is_blank = texts(values).iter().all(String::is_empty);
        let other = match field {
            _ if is_blank => Value::Null,
            "track" | "disc" => number(),
            "compilation" => Some(first == "1").filter(|on| *on).map_or(Value::Null, Value::from),
            "title" | "album" | "date" => first.into(),
            _ => values.clone(),
        };
        let own = Some(&ours[own]).filter(|own| **own != json!(false)).unwrap_or(&Value::Null);
        table.add(("mutagen", field), file, own, &other, |ours, theirs| {
            let (own, other) = (texts(ours), texts(theirs));
            let letters = |texts: &[String]| {
                texts
                    .concat()
                    .chars()
                    .filter(|c| c.is_alphanumeric())
                    .flat_map(char::to_lowercase)
                    .collect::<String>()
            };
            match field {
                "track" | "disc" | "compilation" => equal(ours == theirs),
                _ if own == other => Verdict::Equal,
                // Several in one text, parted by a mark.
                "artists" | "album artists" | "genres" | "composers" if letters(&own) == letters(&other) => {
                    Verdict::Explained
                }
                _ => Verdict::Different,
            }
        });
    }
}

/// A field of photos: its name, ours, and exiftool's.
const NUMBERS: [(&str, &str, &str); 4] = [
    ("exposure", "exposure_seconds", "ExposureTime"),
    ("aperture", "aperture", "FNumber"),
    ("iso", "iso", "ISO"),
    ("focal length", "focal_length_mm", "FocalLength"),
];

fn compare_photos(table: &mut Table, file: &str, ours: &Value, theirs: &Value) {
    const EXIFTOOL: &str = "exiftool";
    let mut add = |field, ours: &Value, theirs: &Value, judge: &dyn Fn(&Value, &Value) -> Verdict| {
        table.add((EXIFTOOL, field), file, ours, theirs, judge);
    };
    let dates = ["DateTimeOriginal", "CreateDate", "DateCreated"].map(|name| day(&theirs[name]));
    let date = dates.iter().find(|date| !date.is_null()).unwrap_or(&Value::Null);
    add("taken", &ours["taken"]["local"], date, &|ours, theirs| match dates.contains(ours) {
        _ if ours == theirs => Verdict::Equal,
        true => Verdict::Explained,
        false => Verdict::Different,
    });
    let names = ["upright", "mirror", "turn180", "flip", "transpose", "turn90", "transverse", "turn270"];
    let number =
        names.iter().zip(1..).find(|(name, _)| ours["orientation"] == **name).map(|(_, number)| number);
    let is_heif =
        [".heic", ".heif", ".avif"].iter().any(|ending| file.to_ascii_lowercase().ends_with(ending));
    add("orientation", &number.map_or(Value::Null, Value::from), &theirs["Orientation"], &|ours, theirs| {
        // There the container turns the picture.
        if is_heif && ours == 1 { Verdict::Explained } else { same_number(ours, theirs) }
    });
    let is_turned = number.is_some_and(|number: u32| number > 4);
    let (width, height) =
        if is_turned { ("ImageHeight", "ImageWidth") } else { ("ImageWidth", "ImageHeight") };
    for (field, other, turned) in [("width", width, height), ("height", height, width)] {
        add(field, &ours[field], &theirs[other], &|ours, theirs_own| match same_number(ours, theirs_own) {
            Verdict::Different if is_heif => match same_number(ours, &theirs[turned]) {
                Verdict::Equal => Verdict::Explained,
                verdict => verdict,
            },
            verdict => verdict,
        });
    }
    for (field, own, other) in
        [("make", "make", "Make"), ("model", "model", "Model"), ("lens", "lens", "LensModel")]
    {
        add(field, &ours[own], &theirs[other], &same_text);
    }
    for (field, own, other) in NUMBERS {
        add(field, &ours[own], &theirs[other], &|ours, theirs| equal(is_near(ours, theirs, 0.001, 0.0)));
    }
    for (field, own, other) in
        [("latitude", "latitude", "GPSLatitude"), ("longitude", "longitude", "GPSLongitude")]
    {
        add(field, &ours["place"][own], &theirs[other], &|ours, theirs| {
            equal(is_near(ours, theirs, 0.0, 0.0001))
        });
    }
}

/// `2012:12:22 10:37:28.5+01:00` as we write it; nothing that is no date.
fn day(value: &Value) -> Value {
    let Some(text) = value.as_str().and_then(|text| text.get(..10).map(|_| text)) else { return Value::Null };
    let (date, time) = (text[..10].replace(':', "-"), text.get(11..19).unwrap_or("00:00:00"));
    if date.starts_with("0000") { Value::Null } else { format!("{date}T{time}").into() }
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.trim().to_owned()],
        other => vec![other.to_string()],
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

/// `30000/1001`, `16:15`; nothing of `0/0` and `0:1`.
fn ratio(value: &Value) -> Value {
    let parts = value.as_str().and_then(|text| text.split_once(['/', ':']));
    let ratio = parts.and_then(|(over, under)| Some(over.parse::<f64>().ok()? / under.parse::<f64>().ok()?));
    ratio.filter(|ratio| ratio.is_finite() && *ratio > 0.0).map_or(Value::Null, Value::from)
}

fn is_near(one: &Value, other: &Value, relative: f64, absolute: f64) -> bool {
    let (Some(one), Some(other)) = (number(one), number(other)) else { return false };
    (one - other).abs() <= absolute + relative * other.abs()
}

fn equal(is_equal: bool) -> Verdict {
    if is_equal { Verdict::Equal } else { Verdict::Different }
}

fn same_number(ours: &Value, theirs: &Value) -> Verdict {
    equal(is_near(ours, theirs, 0.0001, 0.0))
}

fn same_text(ours: &Value, theirs: &Value) -> Verdict {
    let text = |value: &Value| texts(value).concat().trim().to_lowercase();
    equal(text(ours) == text(theirs))
}
