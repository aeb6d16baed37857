//! Settings that change what workers make, a section that is switched off, and the settings' file.

use std::fs;
use std::path::Path;

use butler_fixtures::{Bif, Codec, Container, Film, Server, Signal, jpeg_size, send, wait_until};

use super::{completed, scanned, stage};

/// What the command line says of a change.
fn said(server: &Server, arguments: &[&str]) -> (Option<i32>, String) {
    let output = server.butler(arguments).unwrap();
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[test]
fn interval_and_width_are_those_of_the_settings_and_another_one_makes_the_pictures_anew() {
    let stage = stage();
    let film = Film::new(Codec::H264, Container::Mkv).size(640, 360).seconds(65);
    stage.add_movies(&[("Heat (1995)".to_owned(), film)]).unwrap();
    let (server, section) = scanned(&stage);
    let part = server.parts(&section).unwrap().remove(0).id;
    let prefs = format!("/library/sections/{section}/prefs");
    let forced = || {
        assert_eq!(said(&server, &["start", "--force", "--wait", "GenerateMediaIndexFiles"]).0, Some(0));
        server.get_json("/api/v1/runs?size=1").unwrap()["runs"][0]["total"].clone()
    };

    assert_eq!(server.put(&format!("{prefs}?enableBIFGeneration=0")).unwrap().status, 200);
    assert_eq!(forced(), 0, "a section that is switched off demands nothing");
    assert_eq!(server.put(&format!("{prefs}?enableBIFGeneration=1")).unwrap().status, 200);
    assert_eq!(forced(), 1);
    for (setting, value, expect) in
        [("GenerateBIFFrameInterval", "4", (17, 320)), ("GenerateBIFWidth", "160", (17, 160))]
    {
        assert_eq!(forced(), 0);
        assert_eq!(
            said(&server, &["settings", setting, value]),
            (Some(0), format!("{setting} is {value} now.\n"))
        );
        assert_eq!(forced(), 1, "{setting}");
        let bif = Bif::parse(&server.preview(part).unwrap()).unwrap();
        assert_eq!((bif.pictures.len(), jpeg_size(&bif.pictures[0].1).unwrap().0), expect, "{setting}");
    }
    completed(&server, "GenerateMediaIndexFiles");
}

#[test]
fn the_settings_file_holds_over_what_a_person_sets_and_is_read_again_when_asked() {
    let stage = stage();
    let server = stage.server().unwrap();
    assert_eq!(said(&server, &["settings", "ButlerStartHour", "1"]).0, Some(0));
    let file = server.data_dir().join("butler.toml");
    let hour = || server.get_json("/api/v1/settings/ButlerStartHour").unwrap()["value"].clone();
    let reads = |text: &str, expect: u64| {
        fs::write(&file, text).unwrap();
        send(server.pid(), Signal::HUP).unwrap();
        wait_until("the file counts", || hour() == expect).unwrap();
    };
    reads("ButlerStartHour = 3\n", 3);
    let (code, words) = said(&server, &["settings", "ButlerStartHour", "4"]);
    assert!(code == Some(1) && words.contains("is fixed by the file"), "{words}");
    // A wrong file changes nothing; the one behind it is read all the same.
    fs::write(&file, "ButlerStartHour = 24\n").unwrap();
    send(server.pid(), Signal::HUP).unwrap();
    wait_until("the log says what is wrong", || {
        server.log().contains("line 1: `ButlerStartHour` can't be `24`")
    })
    .unwrap();
    assert_eq!(hour(), 3);
    reads("", 1);
}

#[test]
fn a_wrong_settings_file_stops_the_start_and_names_the_line() {
    let stage = stage();
    let file = stage.spare_dir().join("wrong.toml");
    fs::write(&file, "ButlerStartHour = 1\nButlerStartHuor = 2\n").unwrap();
    let arguments = ["--config", file.to_str().unwrap()];
    let refused = Server::start_with(
        Path::new(env!("CARGO_BIN_EXE_butler")),
        &stage.spare_dir().join("data"),
        &arguments,
    )
    .err()
    .unwrap();
    let words = format!("{refused:#}");
    assert!(
        words.contains("line 2: there is no setting `ButlerStartHuor`; did you mean `ButlerStartHour`?"),
        "{words}"
    );
}
