//! Subtitles held against what is spoken in their film, by the real executable and its worker.

use std::fs;

use butler_fixtures::Talk;

use super::{butler, said, said_json};

#[test]
fn subtitles_that_come_late_are_told_by_how_much_and_a_copy_fits() {
    let folder = butler_fixtures::tempdir().unwrap();
    let talk = Talk::film(&folder.path().join("Talk (2001).mkv")).unwrap();
    let late = folder.path().join("Talk (2001).en.srt");
    fs::write(&late, talk.subtitles(2_400)).unwrap();
    let late = late.to_str().unwrap();

    let (code, found) = said_json(butler(&["subtitles", "check", late, "--json"]));
    let offset = found["offset_ms"].as_i64().unwrap();
    assert!((offset + 2_400).abs() <= 300 && found["is_clear"] == true, "{found:#}");
    assert!(code == 0 && found.get("written").is_none(), "{found:#}");

    let (code, words, _) = said(butler(&["subtitles", "check", late, "--write"]));
    assert!(code == 0 && words.starts_with("They come 2.") && words.contains(" s too late: "), "{words}");
    let copy = folder.path().join("Talk (2001).en.synced.srt");
    assert!(words.ends_with(&format!("Written: {}\n", copy.display())), "{words}");
    assert!(fs::read_to_string(&copy).unwrap().contains("He laughed."));
    assert!(fs::read_to_string(late).unwrap().contains("He laughed."), "the file itself stays");

    let (_, words, _) = said(butler(&["subtitles", "check", copy.to_str().unwrap()]));
    assert!(words.starts_with("They fit: "), "{words}");
    let (code, _, stderr) = said(butler(&["subtitles", "check", late, "--write"]));
    assert!(code == 1 && stderr.contains("was not written"), "nothing is written over: {stderr}");
}

#[test]
fn what_is_no_subtitles_or_has_no_film_is_said() {
    let folder = butler_fixtures::tempdir().unwrap();
    let lonely = folder.path().join("Lonely (2002).srt");
    fs::write(&lonely, "1\n00:00:01,000 --> 00:00:02,000\nHello?\n").unwrap();
    let (code, _, stderr) = said(butler(&["subtitles", "check", lonely.to_str().unwrap()]));
    assert!(code == 4 && stderr.contains("There is no film beside"), "{stderr}");
    let film = ["subtitles", "check", lonely.to_str().unwrap(), "--film", "/nowhere.mkv"];
    let (code, _, stderr) = said(butler(&film));
    assert!(code == 4 && stderr.contains("`/nowhere.mkv` can't be read"), "{stderr}");
    fs::write(&lonely, "no times at all").unwrap();
    let (code, _, stderr) = said(butler(&["subtitles", "check", lonely.to_str().unwrap()]));
    assert!(code == 1 && stderr.contains("has no subtitles"), "{stderr}");
    let (code, _, stderr) = said(butler(&["subtitles", "check", "/nowhere.srt"]));
    assert!(code == 4 && stderr.contains("can't be read"), "{stderr}");
}
