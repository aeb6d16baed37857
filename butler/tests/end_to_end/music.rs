//! What tracks sound like: found out by the real workers of real music, and asked for by clients and persons.

use std::fs;
use std::path::Path;

use butler_fixtures::{Codec, Container, Film, Piece, Server, Sound, Stage, age};
use serde_json::Value;

use super::{completed, stage};

const MUSIC: &str = "MusicAnalysis";

/// An album of each kind, by an artist of its name: `Drums 1`, `Drums 2`.
fn albums(stage: &Stage, count: u32) {
    for kind in Piece::ALL {
        for number in 1..=count {
            let (artist, title) = (format!("{kind:?}"), format!("{kind:?} {number}"));
            let path = stage.folders.track(&artist, "All", number, &title, "flac").unwrap();
            record(&path, kind, number, &artist, &title);
        }
    }
}

fn record(path: &Path, kind: Piece, seed: u32, artist: &str, title: &str) {
    let track = seed.to_string();
    let tags = [("title", title), ("artist", artist), ("album", "All"), ("track", &track)];
    kind.make(path, seed, 12, &tags, &[]).unwrap();
    age(path).unwrap();
}

fn said(server: &Server, arguments: &[&str]) -> (i32, String, String) {
    let output = server.butler(arguments).unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn tracks(server: &Server, arguments: &[&str]) -> Vec<Value> {
    let (code, stdout, stderr) = said(server, arguments);
    assert_eq!(code, 0, "{stdout}{stderr}");
    serde_json::from_str::<Value>(&stdout).unwrap().as_array().unwrap().clone()
}

fn titles(tracks: &[Value]) -> Vec<&str> {
    tracks.iter().map(|track| track["title"].as_str().unwrap()).collect()
}

#[test]
fn tracks_that_sound_alike_are_near_and_a_path_leads_from_one_kind_to_another() {
    let stage = stage();
    albums(&stage, 3);
    let film = Film::new(Codec::H264, Container::Mkv).seconds(20).sound(Sound::Aac);
    stage.add_movies(&[("Heat (1995)".to_owned(), film)]).unwrap();
    let server = stage.server().unwrap();
    server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    server.add_section("artist", "Music", &stage.folders.music()).unwrap();
    completed(&server, "RefreshLibraries");

    let (code, _, stderr) = said(&server, &["music", "near", "Drums 1"]);
    assert!(code == 4 && stderr.contains("`butler start MusicAnalysis --wait` does it."), "{code}: {stderr}");
    let run = completed(&server, MUSIC);
    // No film's sound is asked for.
    assert_eq!((&run["total"], &run["failures"]), (&12.into(), &0.into()), "{run:#}");
    assert_eq!(completed(&server, MUSIC)["bytes_read"], 0);

    for kind in Piece::ALL {
        let near = tracks(&server, &["music", "near", &format!("{kind:?} 1"), "-n", "2", "--json"]);
        let mut names = titles(&near);
        names.sort_unstable();
        assert_eq!(names, [format!("{kind:?} 2"), format!("{kind:?} 3")], "{near:#?}");
    }
    let first = stage.folders.track("Bells", "All", 1, "Bells 1", "flac").unwrap();
    let near = tracks(&server, &["music", "near", first.to_str().unwrap(), "--json"]);
    assert_eq!(near.len(), 11);
    let by_id = tracks(&server, &["music", "near", &near[0]["item"].to_string(), "--limit", "1", "--json"]);
    assert!(titles(&by_id)[0].starts_with("Bells"));
    let (_, table, _) = said(&server, &["music", "near", "Noise - Noise 2", "-n", "1"]);
    assert!(table.starts_with("DISTANCE  TRACK  TITLE") && table.contains("Noise"), "{table}");

    let list = stage.spare_dir().join("way.m3u8");
    let (code, words, stderr) = said(
        &server,
        &["music", "path", "Drums 1", "Strings 1", "--length", "6", "-o", list.to_str().unwrap()],
    );
    assert!(
        code == 0 && words.starts_with(&format!("Written: {} (6 tracks, 1 min", list.display())),
        "{words}{stderr}"
    );
    let text = fs::read_to_string(&list).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines[0], lines[1], lines.len()), ("#EXTM3U", "#EXTINF:12,Drums - Drums 1", 13));
    assert!(lines[11].ends_with(",Strings - Strings 1"), "{text}");
    let mut files: Vec<&str> = lines.iter().copied().filter(|line| !line.starts_with('#')).collect();
    assert!(files.iter().all(|file| Path::new(file).is_file()), "{text}");
    files.sort_unstable();
    files.dedup();
    assert_eq!(files.len(), 6, "no track comes twice: {text}");
    let (code, words, stderr) = said(&server, &["music", "path", "Drums 1", "Bells 1", "--length", "40"]);
    assert!(
        code == 0 && words.contains("Bells 1") && stderr.contains("There are no more than 1"),
        "{words}{stderr}"
    );

    let (_, shown, _) = said(&server, &["show", &near[0]["item"].to_string()]);
    assert!(shown.contains("  sounds like Bells ") && shown.contains("beats a minute"), "{shown}");
    let (code, _, stderr) = said(&server, &["music", "near", "Bells"]);
    assert!(code == 2 && stderr.contains("may be one of 3 tracks"), "{code}: {stderr}");
    assert!(
        stderr.contains("(Bells 1 by Bells, All)") && stderr.contains("(Bells 2 by Bells, All)"),
        "{stderr}"
    );
    let (code, _, stderr) = said(&server, &["music", "near", "No such song"]);
    assert!(code == 4 && stderr.contains("No track is `No such song`."), "{code}: {stderr}");
}

#[test]
fn a_section_that_is_switched_off_is_not_heard() {
    let stage = stage();
    albums(&stage, 1);
    let server = stage.server().unwrap();
    let section = server.add_section("artist", "Music", &stage.folders.music()).unwrap();
    completed(&server, "RefreshLibraries");
    assert_eq!(
        server.put(&format!("/library/sections/{section}/prefs?musicAnalysis=0")).unwrap().status,
        200
    );
    assert_eq!(completed(&server, MUSIC)["total"], 0);
    assert_eq!(
        server.put(&format!("/library/sections/{section}/prefs?musicAnalysis=1")).unwrap().status,
        200
    );
    assert_eq!(completed(&server, MUSIC)["total"], 4);
}

#[test]
fn a_plain_file_is_heard_without_a_server() {
    let stage = stage();
    let file = stage.spare_dir().join("drums.mp3");
    record(&file, Piece::Drums, 1, "Drums", "Drums 1");
    let mut command = butler_fixtures::command(env!("CARGO_BIN_EXE_butler"));
    let output = command.args(["analyse", "--products", "sonic", "--json"]).arg(&file).output().unwrap();
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let value = &found[0]["products"][0]["value"];
    assert_eq!(
        (&value["value"], value["features"].as_array().unwrap().len()),
        (&"sonic".into(), 23),
        "{found:#}"
    );
}
