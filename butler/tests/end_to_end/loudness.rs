//! How loud films, tracks and albums are: measured by the real workers, seen by clients and persons; stopped,
//! killed, and gone on with.

use std::path::Path;

use butler_fixtures::{Codec, Container, Film, Server, Signal, Sound, Stage, Tune, age, wait_until};
use serde_json::Value;

use super::{completed, stage};

const LOUDNESS: &str = "LoudnessAnalysis";

fn items(server: &Server, target: &str) -> Vec<Value> {
    let body = server.get_json(target).unwrap();
    body["MediaContainer"]["Metadata"].as_array().cloned().unwrap_or_default()
}

/// The sound of each of a section's items of one of Plex's types.
fn sounds(server: &Server, section: &str, kind: u8) -> Vec<Value> {
    let list = items(server, &format!("/library/sections/{section}/all?type={kind}"));
    let of = |item: &Value| {
        let key = item["ratingKey"].as_str().unwrap();
        let item = items(server, &format!("/library/metadata/{key}")).remove(0);
        let streams = item["Media"][0]["Part"][0]["Stream"].as_array().unwrap().clone();
        streams.into_iter().find(|stream| stream["streamType"] == 2).unwrap()
    };
    list.iter().map(of).collect()
}

fn measured(server: &Server, section: &str) -> usize {
    sounds(server, section, 1).iter().filter(|sound| sound.get("loudness").is_some()).count()
}

/// So many films of ten minutes, with sound.
fn films(stage: &Stage, count: u32) {
    let film = |number| {
        Film::new(Codec::H264, Container::Mkv)
            .size(160, 90)
            .seconds(10)
            .repeats(60)
            .sound(Sound::Aac)
            .seed(number)
    };
    let films: Vec<_> =
        (1..=count).map(|number| (format!("Loud {number:02} ({})", 1980 + number), film(number))).collect();
    stage.add_movies(&films).unwrap();
}

fn record(path: &Path, seed: u32, track: u32) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let tags = [
        ("title", format!("Song {track}")),
        ("artist", "Nina".into()),
        ("album", "Blue".into()),
        ("track", track.to_string()),
    ];
    let tags = tags.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Tune { sound: Sound::Flac, seconds: 8, seed, tags }.make(path).unwrap();
    age(path).unwrap();
}

#[test]
fn the_tracks_of_an_album_have_gains_of_their_own_and_one_in_common() {
    let stage = stage();
    let music = stage.folders.music();
    (1..=3).for_each(|number| record(&music.join(format!("{number}.flac")), number, number));
    let server = stage.server().unwrap();
    let section = server.add_section("artist", "Music", &music).unwrap();
    completed(&server, "RefreshLibraries");
    completed(&server, LOUDNESS);
    let sounds = sounds(&server, &section, 10);
    assert_eq!(sounds.len(), 3);
    let number = |sound: &Value, word: &str| sound[word].as_str().unwrap().parse::<f64>().unwrap();
    for sound in &sounds {
        assert!((number(sound, "gain") + number(sound, "loudness") + 18.0).abs() < 0.011, "{sound:#}");
        assert_eq!(sound["albumGain"], sounds[0]["albumGain"]);
        let course = server.get(&format!("/library/streams/{}/loudness", sound["id"])).unwrap();
        assert_eq!((course.status, course.text().lines().count()), (200, 80));
    }
    let highest = sounds.iter().map(|sound| number(sound, "peak")).fold(0.0, f64::max);
    assert_eq!(number(&sounds[0], "albumPeak"), highest);
    let album = items(&server, &format!("/library/sections/{section}/all?type=9")).remove(0);
    let output = server.butler(&["show", album["ratingKey"].as_str().unwrap()]).unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("album_loudness") && shown.contains(" LUFS"), "{shown}");
    // A track that goes changes the album, and no other track is measured anew.
    std::fs::remove_file(music.join("1.flac")).unwrap();
    completed(&server, "RefreshLibraries");
    assert_eq!(completed(&server, LOUDNESS)["bytes_read"], 0);
}

#[test]
fn a_run_that_is_stopped_or_killed_goes_on_with_what_is_left() {
    let stage = stage();
    films(&stage, 6);
    let server = stage.server().unwrap();
    let section = server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    completed(&server, "RefreshLibraries");
    let run = server.start_task(LOUDNESS).unwrap();
    server.wait_for_run(&run, |run| run["done"].as_u64() >= Some(1)).unwrap();
    server.kill_a_worker();
    server.signal_workers(Signal::STOP).unwrap();
    assert_eq!(server.delete(&format!("/butler/{LOUDNESS}")).unwrap().status, 200);
    let stopped = server.wait_for_run(&run, |run| run["ended_at"].is_string()).unwrap();
    assert_eq!(stopped["state"], "stopped", "{stopped:#}");
    server.signal_workers(Signal::CONT).unwrap();
    let before = measured(&server, &section);
    assert!((1..6).contains(&before), "{before}");

    server.start_task(LOUDNESS).unwrap();
    server.kill().unwrap();
    let server = stage.server().unwrap();
    wait_until("all are measured", || measured(&server, &section) == 6).unwrap();
    assert_eq!(server.failures().unwrap(), Vec::<Value>::new());
    wait_until("the run has ended", || {
        let runs = server.get_json("/api/v1/runs").unwrap();
        runs["runs"].as_array().unwrap().iter().all(|run| run["ended_at"].is_string())
    })
    .unwrap();
    let again = completed(&server, LOUDNESS);
    assert_eq!((&again["done"], &again["bytes_read"]), (&0.into(), &0.into()), "{again:#}");
}
