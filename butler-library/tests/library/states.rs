//! The rows of a whole small library after each of a few known events: a change of any of them is seen. What
//! the tables hold at first stands whole in `states.txt`; then what each event took away and what it brought.
//!
//! `BUTLER_WRITE_DOCS=1` writes the page in place of comparing it.

use std::collections::BTreeMap;
use std::fmt::Write;

use butler_library::{NewFailure, NewSection, SectionKind};
use butler_product::media_info::StreamKind;
use butler_product::tags::Tags;
use butler_product::{FailureClass, ProductKind, Spec, Value};
use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::types::ValueRef;

use crate::world::{START, World, at, content, new_section, write_at};

const PAGE: &str = "tests/library/states.txt";

/// The rows of every table, as text that is the same on every machine.
struct Rows {
    db: Connection,
    folder: String,
    /// Contents and other random bytes, numbered as they occur.
    random: BTreeMap<Vec<u8>, String>,
}

impl Rows {
    fn now(&mut self) -> Vec<String> {
        let tables: Vec<String> = {
            let list = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
            let mut tables = self.db.prepare(list).unwrap();
            tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        };
        let mut lines = Vec::new();
        for table in tables {
            let columns: Vec<String> = {
                let mut statement =
                    self.db.prepare(&format!("SELECT name FROM pragma_table_info('{table}')")).unwrap();
                statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
            };
            let rows: Vec<Vec<rusqlite::types::Value>> = {
                let mut statement = self.db.prepare(&format!("SELECT * FROM {table}")).unwrap();
                let row = |row: &rusqlite::Row<'_>| (0..columns.len()).map(|index| row.get(index)).collect();
                statement.query_map([], row).unwrap().map(Result::unwrap).collect()
            };
            for row in rows {
                let fields = columns.iter().zip(&row).filter_map(|(column, value)| {
                    Some(format!("{column}={}", self.shown((&table, column), value.into())?))
                });
                let fields: Vec<String> = fields.collect();
                lines.push(format!("{table}: {}", fields.join(" ")));
            }
        }
        lines
    }

    /// A value; none for null, so that a new column changes no old row.
    fn shown(&mut self, (table, column): (&str, &str), value: ValueRef<'_>) -> Option<String> {
        let is_instant = column.ends_with("_at") && column != "content_changed_at";
        Some(match (column, value) {
            (_, ValueRef::Null) => return None,
            ("inode" | "dev", _) => "*".to_owned(),
            (
                "id" | "uuid" | "fingerprint" | "sampled" | "deep" | "made_from" | "blob" | "hash",
                ValueRef::Blob(bytes) | ValueRef::Text(bytes),
            ) if table != "settings" => {
                let next = format!("#{}", self.random.len() + 1);
                self.random.entry(bytes.to_vec()).or_insert(next).clone()
            }
            ("mtime_ns", ValueRef::Integer(ns)) => instant(ns / 1_000_000),
            (_, ValueRef::Integer(ms)) if (is_instant || column == "missing_since") && ms > 0 => instant(ms),
            (_, ValueRef::Integer(number)) => number.to_string(),
            (_, ValueRef::Real(number)) => number.to_string(),
            (_, ValueRef::Blob(bytes) | ValueRef::Text(bytes)) => {
                let text = String::from_utf8_lossy(bytes).replace('\u{1f}', "|");
                format!("{:?}", text.replace(&self.folder, "<folder>"))
            }
        })
    }
}

/// Days and seconds since the start of the world, where it is near that.
fn instant(ms: i64) -> String {
    let seconds = ms.div_euclid(1_000) - START;
    if seconds.abs() > 100 * 86_400 {
        return Timestamp::from_millisecond(ms).unwrap().to_string();
    }
    format!("{}d{}s", seconds.div_euclid(86_400), seconds.rem_euclid(86_400))
}

/// Writes down what an event changed.
fn tell(page: &mut String, rows: &mut Vec<String>, now: Vec<String>, event: &str) {
    writeln!(page, "\n# {event}").unwrap();
    let gone = rows.iter().filter(|row| !now.contains(row)).map(|row| format!("- {row}"));
    let come = now.iter().filter(|row| !rows.contains(row)).map(|row| format!("+ {row}"));
    let mut changes: Vec<String> = gone.chain(come).collect();
    // What an event changed of one row stands together.
    changes.sort_by_cached_key(|line| {
        let mut words = line[2..].split(' ');
        let row: Vec<&str> = words.by_ref().take(3).collect();
        (row[0].to_owned(), row.get(1).map(|word| (word.len(), (*word).to_owned())), line.starts_with('+'))
    });
    changes.iter().for_each(|line| writeln!(page, "{line}").unwrap());
    *rows = now;
}

#[test]
fn every_row_is_as_it_was_after_known_events() {
    let world = World::new(SectionKind::Movie);
    let mut shown = Rows {
        db: Connection::open(world.library.data_dir().join("butler.db")).unwrap(),
        folder: world.folder.path().canonicalize().unwrap().display().to_string(),
        random: BTreeMap::new(),
    };
    let specs = [Spec::MediaInfo, Spec::of(ProductKind::Bif), Spec::Tags];
    let demands: Vec<_> = specs.into_iter().map(|spec| (spec.clone(), spec.kind().needs())).collect();
    world.library.keep_lacks(&demands).unwrap();
    let mut page = "# At first\n".to_owned();
    let mut rows = shown.now();
    rows.iter().for_each(|row| writeln!(page, "{row}").unwrap());

    world.write("Heat (1995)/Heat (1995).mkv", &content("heat", 900));
    world.write("Heat (1995)/Heat (1995)-trailer.mkv", &content("trailer", 700));
    world.write("Boot (1981)/Das Boot (1981) - cd1.avi", &content("boot one", 800));
    world.write("Boot (1981)/Das Boot (1981) - cd2.avi", &content("boot two", 800));
    world.scan();
    tell(&mut page, &mut rows, shown.now(), "A scan finds a film with its trailer, and one in two pieces");

    let heat = world.part("Heat (1995)/Heat (1995).mkv").source;
    world.make_media_info(heat, &[StreamKind::Video]);
    tell(&mut page, &mut rows, shown.now(), "Headers are read: video without sound or chapters");

    world.make_bif(heat);
    tell(&mut page, &mut rows, shown.now(), "Previews are made");

    let failure = NewFailure {
        kind: ProductKind::Bif,
        version: ProductKind::Bif.version(),
        class: FailureClass::Content,
        sentence: "Its first picture is damaged.".into(),
        run: None,
        next_try_at: Some(at(200_000)),
        counts: true,
    };
    let boot = world.part("Boot (1981)/Das Boot (1981) - cd1.avi").source;
    world.library.record_failure(boot, failure, at(100_000)).unwrap();
    tell(&mut page, &mut rows, shown.now(), "Previews of the other film fail");

    world.rename("Heat (1995)/Heat (1995).mkv", "Heat/Heat (1995) {edition-Final Cut}.mkv");
    world.remove("Boot (1981)/Das Boot (1981) - cd2.avi");
    world.scan();
    tell(&mut page, &mut rows, shown.now(), "A film is moved and renamed, a piece of the other is gone");

    world.write("Boot (1981)/Das Boot (1981) - cd1.avi", &content("boot, restored", 850));
    world.write("Boot (1981)/Das Boot (1981) - cd2.avi", &content("boot two", 800));
    world.scan();
    tell(&mut page, &mut rows, shown.now(), "One piece is written anew, the other is back");

    world.write("Boot (1981)/poster.jpg", &content("poster", 600));
    world.write("Nobody (2001)/poster.jpg", &content("another poster", 600));
    world.scan();
    tell(&mut page, &mut rows, shown.now(), "A poster lies beside a film, and one where there is none");

    world.remove("Boot (1981)/poster.jpg");
    world.scan();
    tell(&mut page, &mut rows, shown.now(), "The film's poster is gone");

    let music = world.folder.path().join("music");
    let flac = |tags: &str| {
        let length = (tags.len() as u32).to_be_bytes();
        let start = [b"fLaC\0\0\0\x22", &[1; 34][..], &[0x84], &length[1..], tags.as_bytes()].concat();
        [start, content("so what", 5_000)].concat()
    };
    write_at(&music.join("Miles/Blue/01 So What.flac"), &flac("tags"), -3_600);
    let section = NewSection { name: "Music".into(), ..new_section(SectionKind::Artist, &[&music]) };
    let section = world.library.add_section(section, at(0)).unwrap();
    let world = World { section, ..world };
    world.scan();
    tell(&mut page, &mut rows, shown.now(), "A section of music is scanned");

    let track = world.only(butler_library::ItemKind::Track).media[0].parts[0].id;
    let tagged = world.library.sources_of_part(track).unwrap()[1];
    let tags = Tags {
        title: Some("So What".into()),
        artists: vec!["Miles Davis".into()],
        album: Some("Kind of Blue".into()),
        date: Some("1959-08-17".into()),
        track: Some(1),
        genres: vec!["Jazz".into()],
        ..Tags::default()
    };
    world.make(tagged, Spec::Tags, Value::from(tags));
    tell(&mut page, &mut rows, shown.now(), "Tags say which artist and album the track is of");

    world.library.remove_section(section).unwrap();
    tell(&mut page, &mut rows, shown.now(), "The section of music is removed");

    if std::env::var_os("BUTLER_WRITE_DOCS").is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    let written = std::fs::read_to_string(PAGE).unwrap();
    for (line, (written, now)) in (1..).zip(written.lines().zip(page.lines())) {
        assert_eq!(
            now, written,
            "{PAGE}:{line}; BUTLER_WRITE_DOCS=1 cargo nextest run -p butler-library states"
        );
    }
    assert_eq!(page.len(), written.len(), "BUTLER_WRITE_DOCS=1 cargo nextest run -p butler-library states");
}
