//! Scores the reading of names against a table of what other programs' own tests expect, and says how many
//! names a second are read: `cargo run --release -p butler-names --example score -- TABLE.json [-v]`.
//!
//! The table is a list of `{"source", "kind": "movie" | "show", "path", "expected": {..}}`. Rows are told
//! apart in two halves by a hash of their path, so that a rule made by the rows of one half can be checked
//! on the other; `-v` prints the wrong rows of the first half only, `-vv` those of both.
//!
//! `all fields` counts every row as a running server is scored, `explained` only those that compare anything,
//! with the one number that means two things read as its program means it: in Sonarr's tables season 0 beside
//! an absolute number is none told, and anywhere else it is that of the specials.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a tool for whoever changes a rule")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use butler_names::{Episode, Kind, Movie, Named, Numbers, read_sized};
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;

/// What a table's film or episode has in a common size.
const BYTES: u64 = 900_000_000;

/// Which fields of a row are right, and what was read.
struct Judged {
    fields: Vec<(&'static str, bool)>,
    /// Whether no season was wanted and none was told, though the table writes it 0.
    no_season: bool,
    read: Value,
}

impl Judged {
    fn missing(read: Value) -> Self {
        Self { fields: vec![("found", false)], no_season: false, read }
    }

    /// A row that compares nothing counts as wrong, as it does where a running server is scored.
    fn is_right(&self) -> bool {
        !self.fields.is_empty() && self.fields.iter().all(|(_, is_right)| *is_right)
    }

    fn is_explained(&self) -> bool {
        let is_so = |(field, is_right): &(&str, bool)| *is_right || (self.no_season && *field == "season");
        self.fields.iter().all(is_so)
    }
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let verbose = words.iter().map(|word| ["-v", "-vv"].iter().position(|flag| word == flag)).max().flatten();
    let file = words.iter().find(|word| !word.starts_with('-')).expect("score TABLE.json [-v | -vv]");
    let table: Vec<Value> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let mut sums: BTreeMap<(String, &str), (u32, u32)> = BTreeMap::new();
    for row in &table {
        let judged = judge(row);
        let half = half(path(row));
        let source = row["source"].as_str().unwrap().split('/').next().unwrap();
        let table = format!("{source} {}", row["kind"].as_str().unwrap());
        for table in [table, "all tables".to_owned(), format!("all tables, half {half}")] {
            let all = ("all fields", judged.is_right());
            let explained = ("explained", judged.is_explained());
            let explained = Some(explained).filter(|_| !judged.fields.is_empty());
            for (field, is_right) in judged.fields.iter().copied().chain([all]).chain(explained) {
                let sum = sums.entry((table.clone(), field)).or_default();
                (sum.0, sum.1) = (sum.0 + u32::from(is_right), sum.1 + 1);
            }
        }
        let is_shown = !judged.is_right() && !judged.fields.is_empty();
        if is_shown && verbose.is_some_and(|level| level >= half) {
            let wrong: Vec<_> = judged.fields.iter().filter(|field| !field.1).map(|field| field.0).collect();
            println!("{} | {} | want {} | {}", wrong.join(","), row["path"], row["expected"], judged.read);
        }
    }
    for ((table, field), (right, all)) in &sums {
        println!("{table:24} {field:12} {right:5} / {all:5}  {:.3}", f64::from(*right) / f64::from(*all));
    }
    println!("{:.0} names a second", speed(&table));
}

fn judge(row: &Value) -> Judged {
    let kind = kind(row);
    match read_sized(path(row), kind, BYTES) {
        Named::Movie(movie) => film(&movie, &row["expected"]),
        Named::Episode(episode) => of_show(&episode, &row["expected"]),
        other => Judged::missing(json!(format!("{other:?}"))),
    }
}

fn kind(row: &Value) -> Kind {
    if row["kind"] == "movie" { Kind::Movie } else { Kind::Show }
}

fn path(row: &Value) -> &str {
    row["path"].as_str().unwrap()
}

fn film(movie: &Movie, expected: &Value) -> Judged {
    let mut fields = Vec::new();
    let (titles, others) = (texts(&expected["title"]), texts(&expected["alternative_title"]));
    if let Some(first) = titles.first() {
        let mut wanted: Vec<String> = titles.iter().map(|title| letters(title)).collect();
        wanted.push(letters(&format!("{first}{}", others.concat())));
        wanted.extend(others.first().map(|other| letters(&format!("{first}{other}"))));
        fields.push(("title", wanted.contains(&letters(&movie.title))));
    }
    if let Some(year) = expected.get("year") {
        fields.push(("year", year.as_u64() == movie.year.map(u64::from)));
    }
    Judged { fields, no_season: false, read: json!({ "title": movie.title, "year": movie.year }) }
}

fn of_show(episode: &Episode, expected: &Value) -> Judged {
    let Episode { show, season, numbers, aired, .. } = episode;
    let mut fields = Vec::new();
    let (titles, year) = (texts(&expected["title"]), texts(&expected["year"]).concat());
    if !titles.is_empty() {
        let wanted = titles.iter().flat_map(|title| [letters(title), letters(&format!("{title}{year}"))]);
        let own = show.year.map_or_else(String::new, |year| year.to_string());
        let own = [letters(&show.title), letters(&format!("{}{own}", show.title))];
        fields.push(("title", wanted.into_iter().any(|title| own.contains(&title))));
    }
    // Where nothing tells a season, a library puts absolute numbers into the first one.
    let (default, found, day) = match *numbers {
        Numbers::Range { first, last } | Numbers::Absolute { first, last } => {
            (1, (u64::from(first)..=u64::from(last)).collect(), None)
        }
        Numbers::Date(day) => (u64::from(day.year().unsigned_abs()), BTreeSet::new(), Some(day)),
        Numbers::None => (0, BTreeSet::new(), None),
    };
    let no_season = season.is_none() && expected["season"] == 0 && expected["absolute"].is_u64();
    let season = season.map_or(default, u64::from);
    if expected["season"].is_u64() || expected["season"].is_array() {
        fields.push(("season", BTreeSet::from([season]) == many(&expected["season"])));
    }
    let number = [&expected["episode"], &expected["absolute"]];
    if let Some(number) = number.into_iter().find(|number| number.is_u64() || number.is_array()) {
        fields.push(("episode", found == many(number)));
    }
    if let Some(last) = expected["last"].as_u64().filter(|last| *last > 0) {
        fields.retain(|field| field.0 != "episode");
        fields.push(("episode", found.last() == Some(&last)));
    }
    if let Some(date) = expected["date"].as_str() {
        let date = date.get(..10).unwrap_or(date);
        fields.push(("date", day.or(*aired).is_some_and(|day| day.to_string() == date)));
    }
    let read = json!({ "show": show.title, "year": show.year, "season": season, "numbers": found,
        "day": day.map(|day| day.to_string()) });
    Judged { fields, no_season, read }
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

fn many(value: &Value) -> BTreeSet<u64> {
    let values = value.as_array().map_or_else(|| vec![value.clone()], Vec::clone);
    values.iter().filter_map(Value::as_u64).collect()
}

/// The letters and digits of a title, without accents.
fn letters(text: &str) -> String {
    text.nfkd().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect()
}

/// FNV-1a: which half a row belongs to stays the same for ever.
fn half(path: &str) -> usize {
    let hash = path.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    usize::from((hash >> 32).is_multiple_of(2))
}

fn speed(table: &[Value]) -> f64 {
    let rows: Vec<_> = table.iter().map(|row| (kind(row), path(row))).collect();
    let (mut best, mut read_bytes) = (f64::MAX, 0);
    for _ in 0..5 {
        let start = Instant::now();
        for (kind, path) in &rows {
            read_bytes += usize::from(std::hint::black_box(read_sized(path, *kind, BYTES)).doubt().is_none());
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    std::hint::black_box(read_bytes);
    rows.len() as f64 / best
}
