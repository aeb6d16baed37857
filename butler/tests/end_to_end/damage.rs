//! Files that are not what their name says: each is one failure with a sentence, and stands in nobody's way.

use std::fs;

use butler_fixtures::{Codec, Container, Film, Random};
use serde_json::Value;

use super::{completed, scanned, small_films, stage};

#[test]
fn each_damaged_file_is_one_failure_and_the_others_are_done() {
    let stage = stage();
    let whole = stage.add_movies(&small_films(3)).unwrap();
    let film = fs::read(&whole[0]).unwrap();
    let with_index_first = stage
        .add_movies(&[("Index First (1980)".to_owned(), Film::new(Codec::H264, Container::Mp4))])
        .unwrap();
    let indexed = fs::read(&with_index_first[0]).unwrap();
    let mut random = Random::seeded(20_261_123);
    let damaged = [
        ("Cut Off (1981).mkv", film[..film.len() * 2 / 5].to_vec()),
        ("Cut Off Too (1985).mp4", indexed[..indexed.len() / 2].to_vec()),
        ("Random (1982).mkv", random.bytes(300_000)),
        ("Empty (1983).mp4", Vec::new()),
        ("Text (1984).mp4", b"Dear reader, this is no film at all.\n".repeat(200)),
    ];
    for (name, bytes) in &damaged {
        stage.folders.add_bytes(name, bytes).unwrap();
    }
    let (server, section) = scanned(&stage);
    let pid = server.pid();
    completed(&server, "GenerateMediaIndexFiles");

    let failures = server.failures().unwrap();
    for (name, _) in &damaged {
        let of_it: Vec<_> =
            failures.iter().filter(|failure| failure["part"].as_str().unwrap().ends_with(name)).collect();
        assert_eq!(of_it.len(), 1, "{name}: {failures:#?}");
        assert_eq!(
            (&of_it[0]["class"], &of_it[0]["tries"]),
            (&"content".into(), &1.into()),
            "{:#}",
            of_it[0]
        );
        assert!(!of_it[0]["next_try_at"].is_null() && !of_it[0]["run"].is_null(), "{:#}", of_it[0]);
        assert_is_a_sentence(&of_it[0]["error"]);
    }
    assert_eq!(failures.len(), damaged.len(), "{failures:#?}");

    for path in whole.iter().chain(&with_index_first) {
        let parts = server.parts(&section).unwrap();
        let part = parts.iter().find(|part| part.file == path.to_string_lossy()).unwrap();
        assert!(part.has_preview, "{} has no preview", part.file);
    }
    assert_eq!(server.get("/healthz").unwrap().status, 200);
    assert_eq!(server.pid(), pid);

    // The same night they are left alone; a person may have one tried again at once.
    let again = completed(&server, "GenerateMediaIndexFiles");
    assert_eq!(
        (&again["total"], &again["failures"], &again["reason_code"]),
        (&0.into(), &0.into(), &"held-back".into()),
        "{again:#}"
    );
    assert_eq!(
        server.failures().unwrap().iter().filter(|failure| failure["tries"] == 1).count(),
        damaged.len()
    );
    let id = failures[0]["id"].to_string();
    assert!(server.butler(&["failures", "--retry", &id]).unwrap().status.success());
}

#[test]
fn the_command_line_tells_failures_apart_from_success() {
    let stage = stage();
    stage.add_movies(&small_films(1)).unwrap();
    let (server, _section) = scanned(&stage);
    let good = server.butler(&["start", "GenerateMediaIndexFiles", "--force", "--wait"]).unwrap();
    assert!(good.status.success(), "{}", String::from_utf8_lossy(&good.stderr));

    stage.folders.add_bytes("Text (1984).mp4", &b"no film\n".repeat(9000)).unwrap();
    completed(&server, "RefreshLibraries");
    let bad = server.butler(&["start", "GenerateMediaIndexFiles", "--force", "--wait"]).unwrap();
    let failures = server.butler_json(&["failures"]).unwrap();
    assert_eq!(failures.as_array().unwrap().len(), 1, "{failures:#}");
    for key in ["id", "product", "part", "class", "error", "tries", "next_try_at"] {
        assert!(!failures[0][key].is_null(), "no `{key}`: {failures:#}");
    }
    // The scan may have met it first; then there was nothing left for the second task to fail at.
    let runs = server.butler_json(&["runs"]).unwrap();
    let last = &runs[0];
    assert_eq!(last["task"], "GenerateMediaIndexFiles", "{runs:#}");
    assert_eq!(bad.status.success(), last["failures"] == 0, "{last:#}");
}

/// A capital first, a full stop last, no name of a type or path of a source in between.
fn assert_is_a_sentence(error: &Value) {
    let text = error.as_str().unwrap();
    assert!(text.starts_with(|first: char| first.is_uppercase()), "{text}");
    assert!(text.ends_with('.') && text.contains(' '), "{text}");
    assert!(!text.contains("::") && !text.contains("Error("), "{text}");
}
