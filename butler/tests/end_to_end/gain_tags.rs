//! Gains in music files for other players: written where a section asks for it, read by ffprobe, taken back
//! to the last byte; files that are left alone; a server that is killed in the middle.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use butler_fixtures::{Server, Sound, Stage, Tune, age, wait_until};
use serde_json::Value;

use super::{completed, stage};

const LOUDNESS: &str = "LoudnessAnalysis";

/// So many tracks of an album in the stage's music.
fn album(stage: &Stage, name: &str, tracks: u32, sound: Sound) -> Vec<PathBuf> {
    album_with_gains(stage, name, tracks, sound, "")
}

/// The same, and each tells a gain that somebody else wrote.
fn album_with_gains(stage: &Stage, name: &str, tracks: u32, sound: Sound, own_gain: &str) -> Vec<PathBuf> {
    let folder = stage.folders.music().join("Nina").join(name);
    fs::create_dir_all(&folder).unwrap();
    let track = |number: u32| {
        let path = folder.join(format!("{number:02}.{}", sound.extension()));
        let tags = [
            ("title", format!("Song {number}")),
            ("artist", "Nina".into()),
            ("album", name.to_owned()),
            ("track", number.to_string()),
            ("REPLAYGAIN_TRACK_GAIN", own_gain.to_owned()),
        ];
        let tags = tags.into_iter().filter(|(_, value)| !value.is_empty());
        let tags = tags.map(|(key, value)| (key.to_owned(), value)).collect();
        let seed = number + name.len() as u32 * 100;
        Tune { sound, seconds: 6, seed, tags }.make(&path).unwrap();
        age(&path).unwrap();
        path
    };
    (1..=tracks).map(track).collect()
}

/// The gain tags of a file as ffprobe reads them, names in upper case.
fn gains(file: &Path) -> BTreeMap<String, String> {
    let told = butler_fixtures::command("ffprobe")
        .args(["-v", "error", "-show_entries", "format_tags:stream_tags", "-of", "json"])
        .arg(file)
        .output()
        .unwrap();
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    let tags = [&told["format"]["tags"], &told["streams"][0]["tags"]];
    let all = tags.into_iter().filter_map(Value::as_object).flatten();
    all.map(|(name, value)| (name.to_uppercase(), value.as_str().unwrap_or_default().to_owned()))
        .filter(|(name, _)| name.starts_with("REPLAYGAIN") || name.starts_with("R128"))
        .collect()
}

/// What can be seen of a file: its bytes, when it was written last, its rights.
fn seen(file: &Path) -> (Vec<u8>, i128, u32) {
    let stat = fs::metadata(file).unwrap();
    let mtime = i128::from(stat.mtime()) * 1_000_000_000 + i128::from(stat.mtime_nsec());
    (fs::read(file).unwrap(), mtime, stat.mode())
}

fn said(server: &Server, words: &[&str]) -> (i32, String) {
    let output = server.butler(words).unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

/// A server with the stage's music, scanned.
fn with_music(stage: &Stage) -> (Server, String) {
    let server = stage.server().unwrap();
    let section = server.add_section("artist", "Music", &stage.folders.music()).unwrap();
    completed(&server, "RefreshLibraries");
    (server, section)
}

fn fact(run: &Value, label: &str) -> Option<u64> {
    let facts = run["report"].as_array().unwrap();
    facts.iter().find(|fact| fact["label"] == label).and_then(|fact| fact["value"].as_u64())
}

#[test]
fn gains_are_written_where_a_section_asks_for_it_and_all_is_taken_back() {
    let stage = stage();
    let mut files = album(&stage, "Blue", 3, Sound::Flac);
    files.extend(album(&stage, "Green", 2, Sound::Opus));
    fs::set_permissions(&files[0], fs::Permissions::from_mode(0o640)).unwrap();
    let before: Vec<_> = files.iter().map(|file| seen(file)).collect();
    let (server, section) = with_music(&stage);

    completed(&server, LOUDNESS);
    let now = || files.iter().map(|file| seen(file)).collect::<Vec<_>>();
    assert!(now() == before, "nobody asked for it");
    let (code, text) = said(&server, &["tags", "write", &section]);
    assert_eq!(
        (code, text.contains("writeGainTags") && text.contains("butler tags on")),
        (1, true),
        "{text}"
    );
    let (code, text) = said(&server, &["tags", "on", &section]);
    assert_eq!((code, text.contains("changes the music files")), (0, true), "{text}");
    let (code, text) = said(&server, &["tags", "write", &section, "--dry-run"]);
    assert_eq!((code, text.matches("track gain ").count()), (0, 5), "{text}");
    assert!(text.contains("5 files would be written (") && text.contains("), 0 left alone"), "{text}");
    assert!(now() == before, "it was only shown");

    let run = completed(&server, LOUDNESS);
    assert_eq!(fact(&run, "music files whose gain tags were written"), Some(5), "{run:#}");
    assert_eq!((&run["done"], &run["total"]), (&5.into(), &5.into()), "{run:#}");
    assert_eq!(run["bytes_read"], 0, "nothing is measured anew: {run:#}");
    let (blue, green) = (gains(&files[0]), gains(&files[3]));
    assert_eq!(blue.len(), 4, "{blue:?}");
    assert!(blue["REPLAYGAIN_TRACK_GAIN"].ends_with(" dB"), "{blue:?}");
    assert_eq!(blue["REPLAYGAIN_ALBUM_GAIN"], gains(&files[2])["REPLAYGAIN_ALBUM_GAIN"]);
    assert_eq!(green.keys().collect::<Vec<_>>(), ["R128_ALBUM_GAIN", "R128_TRACK_GAIN"]);
    for (file, (_, mtime, mode)) in files.iter().zip(&before) {
        let (_, now, mode_now) = seen(file);
        assert_eq!((now - mtime, mode_now), (1_000_000_000, *mode), "{}", file.display());
    }

    // What was made of the files is still theirs, and no scan takes them for others.
    let scan = completed(&server, "RefreshLibraries");
    for label in ["new files", "changed files", "missing files", "moved files"] {
        assert_eq!(fact(&scan, label).unwrap_or(0), 0, "{scan:#}");
    }
    let again = completed(&server, LOUDNESS);
    assert_eq!(
        (&again["bytes_read"], fact(&again, "music files whose gain tags were written")),
        (&0.into(), None)
    );
    let shown = server.butler_json(&["items", "--lacking", "loudness"]).unwrap();
    assert_eq!(shown, serde_json::json!([]), "{shown:#}");
    let listed = server.butler_json(&["tags", "list", &section]).unwrap();
    assert_eq!((listed["files"].as_array().unwrap().len(), &listed["enabled"]), (5, &true.into()));
    assert_eq!(listed["files"][0]["old"], serde_json::json!([]));

    let (code, text) = said(&server, &["tags", "undo", &section, "--dry-run"]);
    assert_eq!((code, text.contains("5 files would be written")), (0, true), "{text}");
    let (code, text) = said(&server, &["tags", "undo", &section]);
    assert_eq!(
        (code, text.contains("5 files written (") && text.contains("), 0 left alone")),
        (0, true),
        "{text}"
    );
    assert!(now() == before, "taken back, each file is what it was");
    completed(&server, LOUDNESS);
    completed(&server, "RefreshLibraries");
    assert!(now() == before, "and stays so: the setting is off");
    let listed = server.butler_json(&["tags", "list", &section]).unwrap();
    assert_eq!((listed["files"].as_array().unwrap().len(), &listed["enabled"]), (0, &false.into()));
    assert_eq!(said(&server, &["tags", "undo", "77"]).0, 4);
}

#[test]
fn what_would_do_harm_is_left_alone_and_says_why() {
    let stage = stage();
    let files = album(&stage, "Blue", 4, Sound::Flac);
    let elsewhere = stage.spare_dir().join("linked.flac");
    fs::rename(&files[0], &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &files[0]).unwrap();
    fs::hard_link(&files[1], stage.spare_dir().join("second-name.flac")).unwrap();
    fs::set_permissions(&files[2], fs::Permissions::from_mode(0o444)).unwrap();
    let (server, section) = with_music(&stage);
    assert_eq!(said(&server, &["tags", "on", &section]).0, 0);
    let before: Vec<_> = files.iter().map(|file| seen(file)).collect();
    // Not measured yet.
    let step = server.butler_json(&["tags", "write", &section]).unwrap();
    let why = |step: &Value, place: usize| {
        let file = files[place].to_str().unwrap();
        let files = step["files"].as_array().unwrap().clone();
        let found = files.into_iter().find(|told| told["file"] == file);
        found.and_then(|told| told["why"].as_str().map(str::to_owned)).unwrap_or_default()
    };
    assert!(why(&step, 3).contains("0 of 4 tracks are measured"), "{step:#}");

    let run = completed(&server, LOUDNESS);
    assert_eq!(fact(&run, "music files whose gain tags were written"), Some(1), "{run:#}");
    assert_eq!(fact(&run, "music files whose tags were left alone"), Some(3), "{run:#}");
    let step = server.butler_json(&["tags", "write", &section]).unwrap();
    for (place, words) in [(0, "is a link"), (1, "hard links"), (2, "write-protected")] {
        assert!(why(&step, place).contains(words), "{step:#}");
        assert!(seen(&files[place]) == before[place], "{}", files[place].display());
    }
    assert_eq!(gains(&files[3]).len(), 4);

    // A person's hand goes before: what somebody changed since is not taken back over it.
    let tagger = butler_fixtures::command("ffmpeg")
        .args(["-nostdin", "-v", "error", "-i"])
        .arg(&files[3])
        .args(["-c", "copy", "-metadata", "REPLAYGAIN_TRACK_GAIN=-1.00 dB"])
        .arg(stage.spare_dir().join("own.flac"))
        .output()
        .unwrap();
    assert!(tagger.status.success());
    fs::copy(stage.spare_dir().join("own.flac"), &files[3]).unwrap();
    let undo = || said(&server, &["tags", "undo", &section]);
    let (code, text) = undo();
    assert_eq!((code, text.contains("were changed since")), (1, true), "{text}");
    assert_eq!(gains(&files[3])["REPLAYGAIN_TRACK_GAIN"], "-1.00 dB");
    // Written over all the same it comes back, and not what was there before it.
    age(&files[3]).unwrap();
    completed(&server, "RefreshLibraries");
    assert_eq!(said(&server, &["tags", "on", &section]).0, 0);
    said(&server, &["tags", "write", &section]);
    assert_ne!(gains(&files[3])["REPLAYGAIN_TRACK_GAIN"], "-1.00 dB");
    let (code, text) = undo();
    assert_eq!((code, text.contains("1 file written")), (1, true), "{text}");
    assert_eq!(gains(&files[3])["REPLAYGAIN_TRACK_GAIN"], "-1.00 dB");
}

#[test]
fn a_server_that_is_killed_leaves_whole_files_and_all_can_be_taken_back() {
    let stage = stage();
    let files = (1..=4)
        .flat_map(|number| album_with_gains(&stage, &format!("Album {number}"), 4, Sound::Flac, "-1.23 dB"));
    let files: Vec<PathBuf> = files.collect();
    let before: Vec<_> = files.iter().map(|file| seen(file)).collect();
    let (server, section) = with_music(&stage);
    completed(&server, LOUDNESS);
    assert_eq!(said(&server, &["tags", "on", &section]).0, 0);
    let written = || files.iter().zip(&before).filter(|(file, before)| seen(file) != **before).count();

    let (mut server, mut most) = (server, 0);
    for round in 1..=3 {
        let run = server.start_task(LOUDNESS).unwrap();
        let until = round * 4;
        wait_until("some files are written", || {
            written() >= until
                || server.get_json(&format!("/api/v1/runs/{run}")).unwrap()["ended_at"].is_string()
        })
        .unwrap();
        server.kill().unwrap();
        let now = written();
        assert!(now >= most, "what was written stays");
        most = now;
        for (file, (bytes, ..)) in files.iter().zip(&before) {
            if fs::read(file).unwrap() != *bytes {
                assert_eq!(gains(file).len(), 4, "{}", file.display());
            }
        }
        server = stage.server().unwrap();
        // Every file that is a new one has its old tags in the journal.
        wait_until("what the kill left is settled", || {
            let listed = server.butler_json(&["tags", "list", &section]).unwrap();
            let rows = listed["files"].as_array().unwrap();
            let old = |file: &Path| rows.iter().find(|row| row["file"] == file.to_str().unwrap());
            files
                .iter()
                .zip(&before)
                .filter(|(file, before)| seen(file) != **before)
                .all(|(file, _)| old(file).is_some_and(|row| row["old"][0]["value"] == "-1.23 dB"))
        })
        .unwrap();
    }
    let undo = || said(&server, &["tags", "undo", &section]);
    // A run that was the person's goes on after a kill, and may write one file more.
    wait_until("no run works", || {
        let runs = server.get_json("/api/v1/runs").unwrap();
        runs["runs"].as_array().unwrap().iter().all(|run| run["ended_at"].is_string())
    })
    .unwrap();
    let (code, text) = undo();
    assert_eq!(code, 0, "{text}");
    assert_eq!(written(), 0, "each file is what it was");
    for folder in fs::read_dir(stage.folders.music().join("Nina")).unwrap() {
        for entry in fs::read_dir(folder.unwrap().path()).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(!name.starts_with('.'), "{name} is litter");
        }
    }
}
