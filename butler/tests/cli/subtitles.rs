//! Subtitles held against what is spoken in their film, by the real executable and its worker.

use std::fs;

use butler_fixtures::{Codec, Container, Film, Talk};

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
    assert!(code == 1 && stderr.contains("was not written") && stderr.contains("--overwrite"), "{stderr}");
    let (code, words, _) = said(butler(&["subtitles", "check", late, "--write", "--overwrite"]));
    assert!(code == 0 && words.contains("Written: "), "{words}");
}

#[test]
fn utf_16_is_read_and_a_film_without_sound_is_said_to_have_none() {
    let folder = butler_fixtures::tempdir().unwrap();
    Film::new(Codec::H264, Container::Mkv).make(&folder.path().join("Mute (2001).mkv")).unwrap();
    let subtitles = folder.path().join("Mute (2001).srt");
    let text = "1\r\n00:00:01,000 --> 00:00:02,000\r\nHello?\r\n";
    let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
    fs::write(&subtitles, units.flat_map(u16::to_le_bytes).collect::<Vec<u8>>()).unwrap();
    let (code, _, stderr) = said(butler(&["subtitles", "check", subtitles.to_str().unwrap()]));
    assert!(code == 1 && stderr.contains("`: The file has no sound."), "{stderr}");
}

#[test]
fn what_is_no_subtitles_or_has_no_film_is_said() {
    let folder = butler_fixtures::tempdir().unwrap();
    let lonely = folder.path().join("Lonely (2002).srt");
    fs::write(&lonely, "1\n00:00:01,000 --> 00:00:02,000\nHello?\n").unwrap();
    let (code, _, stderr) = said(butler(&["subtitles", "check", lonely.to_str().unwrap()]));
    assert!(code == 2 && stderr.contains("There is no film beside"), "{stderr}");
    fs::write(&lonely, "no times at all").unwrap();
    let (code, _, stderr) = said(butler(&["subtitles", "check", lonely.to_str().unwrap()]));
    assert!(code == 1 && stderr.contains("has no subtitles"), "{stderr}");
    let (code, _, stderr) = said(butler(&["subtitles", "check", "/nowhere.srt"]));
    assert!(code == 1 && stderr.contains("can't be read"), "{stderr}");
}
