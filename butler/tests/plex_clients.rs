//! The published Plex clients, each against a running server: they are the judges of "compatible".
//!
//! Never asks the server itself: each client's own words, in the scripts of the folder beside this file, do.
//! `./test` installs the clients under the target folder.
#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::path::{Path, PathBuf};
use std::process::Command;

use butler_fixtures::{Codec, Container, Film, Picture, Piece, Server, Sound, Stage, Tune, age, photo};

#[test]
fn the_typescript_sdk_drives_the_butler_and_gets_its_typed_errors() {
    let stage = stage();
    let server = stage.server().unwrap();
    server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    let mut node = butler_fixtures::command("node");
    judge(node.arg(script("plexjs.mjs")), &server, &stage);
}

#[test]
fn python_plexapi_connects_runs_tasks_and_keeps_sections() {
    let stage = stage();
    let film = |name: &str| std::fs::read(stage.folders.movie(name, "mkv").unwrap()).unwrap();
    stage.folders.add_bytes("Alpha (1991)/Trailers/Teaser.mkv", &film("Alpha (1991)")).unwrap();
    stage.folders.add_bytes("Beta (1992)/Beta (1992) {edition-Final Cut}.mkv", &film("Beta (1992)")).unwrap();
    stage.folders.add_bytes("Gamma (1993)/Gamma (1993) - 480p.mkv", &film("Gamma (1993)")).unwrap();
    let server = stage.server().unwrap();
    judge(python().arg(script("plexapi.py")), &server, &stage);
}

#[test]
fn python_plexapi_finds_tracks_that_sound_alike_and_a_way_between_two() {
    let stage = stage();
    for kind in [Piece::Drums, Piece::Strings] {
        for number in 1..=3 {
            let (artist, title) = (format!("{kind:?}"), format!("{kind:?} {number}"));
            let path = stage.folders.track(&artist, "All", number, &title, "flac").unwrap();
            let tags = [("title", title.as_str()), ("artist", &artist), ("album", "All")];
            kind.make(&path, number, 12, &tags, &[]).unwrap();
            age(&path).unwrap();
        }
    }
    let server = stage.server().unwrap();
    server.add_section("artist", "Music", &stage.folders.music()).unwrap();
    judge(python().arg(script("plexapi_music.py")), &server, &stage);
}

#[test]
fn the_python_sdk_drives_the_butler_and_gets_its_typed_error() {
    let stage = stage();
    let server = stage.server().unwrap();
    server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    judge(python().arg(script("plex_api_client.py")), &server, &stage);
}

#[test]
fn the_crate_plex_api_connects_and_keeps_preferences() {
    let stage = stage();
    let server = stage.server().unwrap();
    server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    for task in ["RefreshLibraries", "DeepMediaAnalysis"] {
        assert_eq!(server.run_task(task).unwrap()["state"], "completed", "{task}");
    }
    judge(&mut butler_fixtures::command(clients().join("rust/debug/plex-api-judge")), &server, &stage);
    // It sets the window's start to eleven at night.
    let setting = server.get_json("/:/prefs/get?id=ButlerStartHour").unwrap();
    assert_eq!(setting["MediaContainer"]["Setting"][0]["value"], 23, "{setting:#}");
}

#[test]
fn python_plexapi_saves_settings_sees_activities_and_hears_alerts() {
    let stage = stage();
    let films = (1..=12).map(|number| (format!("Long {number:02} ({})", 1950 + number), long_film(number)));
    stage.add_movies(&films.collect::<Vec<_>>()).unwrap();
    let server = stage.server().unwrap();
    server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    judge(python().arg(script("plexapi_night.py")), &server, &stage);
}

#[test]
fn the_typescript_sdk_starts_and_stops_inside_and_outside_the_window() {
    let stage = stage();
    let films = (1..=12).map(|number| (format!("Long {number:02} ({})", 1950 + number), long_film(number)));
    stage.add_movies(&films.collect::<Vec<_>>()).unwrap();
    // An afternoon; the window is the default one, from two to five.
    let server = stage.server_at("2027-06-15T12:00:00Z", "Europe/Berlin").unwrap();
    server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    let mut node = butler_fixtures::command("node");
    judge(node.arg(script("plexjs_window.mjs")), &server, &stage);
}

#[test]
fn the_typescript_sdk_sees_weekly_randomised_and_housekeeping_tasks_by_their_rules() {
    let stage = stage();
    let films = (1..=12).map(|number| (format!("Long {number:02} ({})", 1950 + number), long_film(number)));
    stage.add_movies(&films.collect::<Vec<_>>()).unwrap();
    let server = stage.server_with_stand_ins_at("2027-06-15T12:00:00Z", "Europe/Berlin").unwrap();
    server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    let mut node = butler_fixtures::command("node");
    judge(node.arg(script("plexjs_kinds.mjs")), &server, &stage);
}

/// A film that takes a worker a while: a quarter of an hour, a preview every ten seconds of it.
fn long_film(seed: u32) -> Film {
    Film::new(Codec::H264, Container::Mkv).size(640, 360).seconds(10).repeats(90).seed(seed)
}

/// Runs a client's script; what it says is the failure's message.
fn judge(command: &mut Command, server: &Server, stage: &Stage) {
    command
        .env("BUTLER_URL", server.url())
        .env("BUTLER_TOKEN", server.token())
        .env("PLEX_CLIENTS", clients());
    command.env("MEDIA", stage.folders.root()).env("PYTHONDONTWRITEBYTECODE", "1");
    // A user's own configuration of python-plexapi, with a token in it perhaps, must not be read.
    command.env("PLEXAPI_CONFIG_PATH", stage.spare_dir().join("none.ini"));
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(
        output.status.success(),
        "{command:?} ended with {}:\n{}",
        output.status,
        String::from_utf8_lossy(&said)
    );
}

/// A library with something of each type.
fn stage() -> Stage {
    assert!(clients().join("versions").is_file(), "the published Plex clients are not installed; run ./test");
    let stage = Stage::new(env!("CARGO_BIN_EXE_butler"), env!("CARGO_TARGET_TMPDIR")).unwrap();
    let film = Film::new(Codec::H264, Container::Mkv).seconds(20).sound(Sound::Aac);
    let films: Vec<_> = ["Alpha (1991)", "Beta (1992)", "Gamma (1993)"].into_iter().zip(1..).collect();
    stage
        .add_movies(
            &films
                .iter()
                .map(|(name, seed)| ((*name).to_owned(), film.clone().seed(*seed)))
                .collect::<Vec<_>>(),
        )
        .unwrap();
    stage.add_episode("Delta", 1, 1, "Pilot", &film.seed(4)).unwrap();
    let track = stage.folders.track("Epsilon", "Zeta", 1, "Eta", "mp3").unwrap();
    Tune { sound: Sound::Mp3, seconds: 5, seed: 5, tags: Vec::new() }.make(&track).unwrap();
    age(&track).unwrap();
    let picture = stage.folders.photo("Theta", "Iota").unwrap();
    photo(&picture, Picture::Gradients, 320, 200, 6).unwrap();
    age(&picture).unwrap();
    stage
}

fn python() -> Command {
    butler_fixtures::command(clients().join("python/bin/python"))
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plex_clients").join(name)
}

/// Where `./test` puts the clients: below the target folder, whose `tmp` cargo names to tests.
fn clients() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("plex-clients")
}
