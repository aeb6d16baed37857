//! `docs/naming.md` says what is so: each row of its tables whose first cell is a name in backquotes is read
//! and compared. `BUTLER_WRITE_DOCS=1 cargo test -p butler-names the_page` writes what is read into the page.

use super::{Episode, Extra, Ids, Kind, Movie, Named, Numbers, Owner, Show, Track, read};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/naming.md");

#[test]
fn the_page_of_conventions_tells_what_is_read() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let (mut kind, mut rows, mut wrong) = (None, 0, Vec::new());
    let mut lines = Vec::new();
    for line in page.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            kind = kind_of(heading);
        }
        let cells: Vec<_> = line.split(" | ").collect();
        let name = cells[0].strip_prefix("| `").and_then(|name| name.strip_suffix('`'));
        let (Some(name), Some(kind), true) = (name, kind, cells.len() >= 2) else {
            lines.push(line.to_owned());
            continue;
        };
        rows += 1;
        let named = read(name, kind);
        let told = told(&named) + named.doubt().map_or("", |_| ", in doubt");
        let note = cells.get(2).unwrap_or(&"|");
        let right = format!("| `{name}` | {told} | {note}");
        if right != line {
            wrong.push(format!("{line}\n{right}"));
        }
        lines.push(right);
    }
    if std::env::var_os("BUTLER_WRITE_DOCS").is_some() {
        std::fs::write(PAGE, lines.join("\n") + "\n").unwrap();
    } else {
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
    assert!(rows > 100, "{rows} examples");
}

fn kind_of(heading: &str) -> Option<Kind> {
    match heading {
        "Films" => Some(Kind::Movie),
        "Shows" => Some(Kind::Show),
        "Music" => Some(Kind::Artist),
        "Photos" => Some(Kind::Photo),
        _ => None,
    }
}

fn told(named: &Named) -> String {
    match named {
        Named::Movie(movie) => film(movie),
        Named::Episode(named) => episode(named),
        Named::Track(named) => track(named),
        Named::Photo(photo) => photo.title.clone(),
        Named::Extra(Extra { kind, title, of }) => {
            let of = match of {
                Owner::Film { film: Some(of), .. } => film(of),
                Owner::Film { film: None, .. } => "its folder's film".to_owned(),
                Owner::Show { show: of, season, numbers } => show(of) + &place(*season, numbers),
            };
            format!("{} *{title}* of {of}", kind.as_str().replace('-', " "))
        }
    }
}

fn film(Movie { title, year, edition, ids, version, stack }: &Movie) -> String {
    let mut told = with_year(title, *year);
    told.extend(edition.iter().map(|edition| format!(", edition *{edition}*")));
    told.extend(version.iter().map(|version| format!(", version *{version}*")));
    told.extend(stack.iter().map(|piece| format!(", piece {piece}")));
    told + &of_ids(ids)
}

fn episode(Episode { show: of, season, numbers, aired, title, version, stack }: &Episode) -> String {
    let mut told = show(of) + &place(*season, numbers);
    told.extend(aired.iter().map(|day| format!(" on {day}")));
    told.extend(title.iter().map(|title| format!(", *{title}*")));
    told.extend(version.iter().map(|version| format!(", version *{version}*")));
    told.extend(stack.iter().map(|piece| format!(", piece {piece}")));
    told
}

fn show(Show { title, year, ids }: &Show) -> String {
    with_year(title, *year) + &of_ids(ids)
}

fn place(season: Option<u32>, numbers: &Numbers) -> String {
    let range = |first: &u32, last: &u32, mark: &str| {
        if first == last { format!("{mark}{first:02}") } else { format!("{mark}{first:02}-{mark}{last:02}") }
    };
    match (season, numbers) {
        (Some(season), Numbers::Range { first, last }) => {
            format!(", S{season:02}{}", range(first, last, "E"))
        }
        (_, Numbers::Range { first, last } | Numbers::Absolute { first, last }) => {
            format!(", absolute {}", range(first, last, ""))
        }
        (_, Numbers::Date(day)) => format!(", {day}"),
        (Some(0), Numbers::None) => ", a special".to_owned(),
        (Some(season), Numbers::None) => format!(", season {season}"),
        (None, Numbers::None) => String::new(),
    }
}

fn track(Track { artist, album, album_year, disc, number, title, performer }: &Track) -> String {
    let mut told = format!("{artist}, *{}*", with_year(album, *album_year));
    told.extend(disc.iter().map(|disc| format!(", disc {disc}")));
    told.extend(number.iter().map(|number| format!(", track {number}")));
    told.push_str(&format!(", *{title}*"));
    told.extend(performer.iter().map(|performer| format!(" by {performer}")));
    told
}

fn of_ids(Ids { imdb, tmdb, tvdb, anidb, musicbrainz }: &Ids) -> String {
    let ids =
        [("imdb", imdb), ("tmdb", tmdb), ("tvdb", tvdb), ("anidb", anidb), ("musicbrainz", musicbrainz)];
    ids.into_iter().filter_map(|(word, id)| id.as_ref().map(|id| format!(", {word} {id}"))).collect()
}

fn with_year(title: &str, year: Option<u16>) -> String {
    year.map_or_else(|| title.to_owned(), |year| format!("{title} ({year})"))
}
