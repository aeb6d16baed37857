//! What holds for any path: nothing panics, no name is empty, and composed and decomposed paths are one.

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

use super::table::named;
use super::{Episode, Extra, Named, Numbers, Owner};
use crate::Kind;

const KINDS: [Kind; 4] = [Kind::Movie, Kind::Show, Kind::Artist, Kind::Photo];

/// Paths of the pieces that names are made of, and of anything else.
fn path() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "Heat",
        "Show",
        "(1995)",
        "[2010",
        "1917",
        " - ",
        ".",
        "_",
        " ",
        "-",
        "S01E02",
        "1x02x03",
        "-E03",
        "+03",
        "-cd1",
        " part 2",
        "{tmdb-949}",
        "{edition-é}",
        "[1080p]",
        "1080p",
        "x264-GRP",
        "Season 1",
        "Staffel 2",
        "Specials",
        "第01話",
        "第2季",
        "２００１",
        "（",
        "】",
        "sample",
        "-trailer",
        "Extras",
        "Heat (1995) `",
        "2009-02-10",
        "10.02.2009",
        "ep234",
        "01 of 08",
        "102",
        "[Group] ",
        "CD2",
        "Vol. 4",
        "1-03 ",
        "VA",
        "e\u{301}",
        "が",
        "か\u{3099}",
        "\u{200b}",
        "\u{301}",
        "İ",
        "ß",
        "😀",
        "/",
        "//",
        "VIDEO_TS",
        "VTS_01_1",
        "",
        "É",
        "Ǆ",
    ]);
    let piece = prop_oneof![8 => pieces.prop_map(str::to_owned), 1 => any::<String>(), 1 => "[0-9a-zA-Z ._(){}\\[\\]-]{0,12}"];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat() + ".mkv")
}

fn titles(named: &Named) -> Vec<&str> {
    match named {
        Named::Movie(movie) => vec![&movie.title],
        Named::Episode(Episode { show, title, .. }) => {
            [show.title.as_str()].into_iter().chain(title.as_deref()).collect()
        }
        Named::Track(track) => vec![&track.artist, &track.album, &track.title],
        Named::Photo(photo) => vec![&photo.title],
        Named::Extra(Extra { title, of: Owner::Show { show, .. }, .. }) => vec![title, &show.title],
        Named::Extra(Extra { title, .. }) => vec![title],
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn no_path_panics_and_no_name_is_empty(path in path()) {
        for kind in KINDS {
            let named = named(kind, &path);
            for title in titles(&named) {
                prop_assert!(!title.trim().is_empty(), "{path:?}: {named:?}");
            }
            if let Named::Movie(movie) = &named {
                prop_assert!(movie.edition.as_ref().is_none_or(|edition| !edition.is_empty() && edition.chars().count() <= 32));
                prop_assert!(movie.stack != Some(0));
            }
            if let Named::Episode(Episode { numbers: Numbers::Range { first, last } | Numbers::Absolute { first, last }, .. }) = &named {
                prop_assert!(first <= last, "{path:?}: {named:?}");
            }
            named.doubt();
        }
    }

    #[test]
    fn composed_and_decomposed_paths_are_one(path in path()) {
        let (composed, decomposed): (String, String) = (path.nfc().collect(), path.nfd().collect());
        for kind in KINDS {
            prop_assert_eq!(named(kind, &composed), named(kind, &decomposed));
        }
    }
}

/// Cargo unites the features of all that is built together: for tests a class of letters by its Unicode name
/// is there, in the program it is not, and the pattern would be none there.
#[test]
fn no_pattern_needs_tables_that_only_tests_have() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut files) = (vec![folder], 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let classes = [concat!("\\", "p{"), concat!("\\", "P{")];
            assert!(!classes.iter().any(|class| text.contains(class)), "{}", path.display());
            files += 1;
        }
    }
    assert!(files > 20, "{files}");
}
