//! What `tags` says of music files of each kind, of old and odd tags, and of hostile ones.

use std::fs;
use std::path::{Path, PathBuf};

use butler_fixtures::tags::{ape, id3v1, id3v2, latin1, synchsafe, utf8, utf16};
use butler_product::tags::{MAX_CHARS, MAX_VALUES, Tags};
use butler_product::{Failure, Spec, Value};

use crate::films;
use crate::process::Worker;

fn answer(worker: &Worker, file: &Path) -> Result<Value, Failure> {
    match worker.make(file, &[Spec::Tags]).answers.remove(0) {
        Some(Ok((value, None))) => Ok(value),
        Some(Err(failure)) => Err(failure),
        other => panic!("{}: {other:?}", file.display()),
    }
}

fn tags(worker: &Worker, file: &Path) -> Tags {
    match answer(worker, file) {
        Ok(Value::Tags(tags)) => *tags,
        other => panic!("{}: {other:?}", file.display()),
    }
}

/// A second of sound with these metadata, without blanks in their values.
fn track(ending: &str, metadata: &str) -> PathBuf {
    let metadata: String = metadata.split_whitespace().map(|each| format!(" -metadata {each}")).collect();
    films::other(
        &format!("track.{ending}"),
        &format!("-f lavfi -i anoisesrc=d=1:r=48000:s=3 -map_metadata -1 -fflags +bitexact{metadata}"),
    )
}

/// The frames of an MP3 without any tag.
fn bare_mp3() -> Vec<u8> {
    let file =
        fs::read(films::other("bare.mp3", "-f lavfi -i anoisesrc=d=1:s=3 -write_xing 0 -id3v2_version 0"))
            .unwrap();
    assert_eq!(file[0], 0xff, "ffmpeg wrote a tag");
    file
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn every_kind_of_music_file_tells_its_tags() {
    let worker = Worker::start();
    let rich = "title=Größe artist=Björk album=Début album_artist=Various composer=Someone track=3/12 \
                disc=1/2 date=1993-07-05 genre=Pop compilation=1";
    for ending in ["flac", "mp3", "m4a", "ogg", "opus", "wma", "mka"] {
        let found = tags(&worker, &track(ending, rich));
        assert_eq!(
            (found.year(), found.title, found.album),
            (Some(1993), some("Größe"), some("Début")),
            "{ending}"
        );
        assert_eq!(
            (found.artists, found.album_artists, found.composers),
            (vec!["Björk".into()], vec!["Various".into()], vec!["Someone".into()])
        );
        assert_eq!(
            (found.track, found.track_total, found.disc, found.disc_total),
            (Some(3), Some(12), Some(1), Some(2)),
            "{ending}"
        );
        assert_eq!(
            (found.genres, found.compilation, found.has_picture),
            (vec!["Pop".into()], true, false),
            "{ending}"
        );
    }
    // RIFF has no word for the rest.
    let found =
        tags(&worker, &track("wav", "title=Größe artist=Björk album=Début track=3 date=1993 genre=Pop"));
    assert_eq!(
        (found.title, found.artists, found.album),
        (some("Größe"), vec!["Björk".to_owned()], some("Début"))
    );
    assert_eq!((found.track, found.date, found.genres), (Some(3), some("1993"), vec!["Pop".to_owned()]));
}

#[test]
fn a_file_without_tags_has_none() {
    let worker = Worker::start();
    for ending in ["flac", "wav", "wma"] {
        assert!(matches!(answer(&worker, &track(ending, "")), Ok(Value::Nothing { .. })), "{ending}");
    }
}

#[test]
fn gains_ids_lyrics_and_pictures_are_told() {
    let worker = Worker::start();
    let words = "REPLAYGAIN_TRACK_GAIN=-7.03dB REPLAYGAIN_ALBUM_PEAK=1.003000 R128_TRACK_GAIN=-1024 \
                 MUSICBRAINZ_ALBUMID=abc MUSICBRAINZ_TRACKID=def lyrics=la";
    let found = tags(&worker, &track("opus", words));
    assert_eq!(
        (found.gain.track_gain, found.gain.album_peak, found.gain.r128_track_gain),
        (some("-7.03dB"), some("1.003000"), some("-1024"))
    );
    assert_eq!(
        (found.musicbrainz.release, found.musicbrainz.recording, found.has_lyrics),
        (some("abc"), some("def"), true)
    );
    let cover = films::other("small.png", "-f lavfi -i testsrc2=s=64x64 -frames:v 1");
    for ending in ["flac", "mp3", "m4a"] {
        let arguments = format!(
            "-i {} -i {} -map 0 -map 1 -c copy -disposition:v attached_pic",
            track(ending, "title=A").display(),
            cover.display()
        );
        let found = tags(&worker, &films::other(&format!("covered.{ending}"), &arguments));
        assert_eq!((found.title, found.has_picture), (some("A"), true), "{ending}");
    }
}

#[test]
fn old_tags_and_odd_texts_are_read() {
    let worker = Worker::start();
    let sound = bare_mp3();
    let front = |name: &str, tag: Vec<u8>| {
        tags(&worker, &films::bytes(&format!("{name}.mp3"), &[tag, sound.clone()].concat()))
    };
    let back = |name: &str, tag: Vec<u8>| {
        tags(&worker, &films::bytes(&format!("{name}.mp3"), &[sound.clone(), tag].concat()))
    };

    let found = front(
        "latin1",
        id3v2(
            3,
            &[
                ("TIT2", latin1("Größe")),
                ("TALB", utf16("Début 日本")),
                ("TYER", latin1("1993")),
                ("TRCK", latin1("3/12")),
            ],
        ),
    );
    assert_eq!(
        (found.title.clone(), found.album.clone(), found.year(), found.track_total),
        (some("Größe"), some("Début 日本"), Some(1993), Some(12))
    );
    let found = front(
        "many",
        id3v2(
            4,
            &[
                ("TPE1", utf8("A\0B\0C")),
                ("TCON", utf8("17")),
                ("TDRC", utf8("2001-02")),
                ("TCMP", utf8("1")),
            ],
        ),
    );
    assert_eq!(
        (found.artists.join(" "), found.genres.join(" "), found.year(), found.compilation),
        ("A B C".into(), "Rock".into(), Some(2001), true)
    );
    let found = back("v1", id3v1("Title", "Artist", "Album", "1993", 7, 17));
    assert_eq!(
        (found.title.clone(), found.album.clone(), found.year(), found.track),
        (some("Title"), some("Album"), Some(1993), Some(7))
    );
    let found =
        back("ape", ape(&[("Title", "Größe"), ("Album", "Début"), ("Year", "1993"), ("Track", "3/12")]));
    assert_eq!(
        (found.title.clone(), found.album.clone(), found.year(), found.track),
        (some("Größe"), some("Début"), Some(1993), Some(3))
    );
}

#[test]
fn tags_that_depart_from_the_rules_are_read_all_the_same() {
    let worker = Worker::start();
    let sound = bare_mp3();
    let front = |name: &str, tag: Vec<u8>| {
        tags(&worker, &films::bytes(&format!("{name}.mp3"), &[tag, sound.clone()].concat()))
    };
    let two = id3v2(3, &[("TIT2", latin1("Silence")), ("TPE1", latin1("Piman")), ("TPE1", latin1("Jzig"))]);
    let found = front("two", two);
    assert_eq!((found.title, found.artists), (some("Silence"), vec!["Piman".to_owned(), "Jzig".to_owned()]));
    let bad =
        id3v2(3, &[("TYER", vec![0, 0xFE, 0xFF]), ("TPE1", latin1("Piman")), ("TALB", latin1("Album"))]);
    let found = front("bad", bad);
    assert_eq!((found.artists, found.album, found.date), (vec!["Piman".to_owned()], some("Album"), None));
    let side = front("side", id3v2(4, &[("TRCK", utf8("B2")), ("TIT2", utf8("T"))]));
    assert_eq!((side.disc, side.track), (Some(2), Some(2)));
    let keys = ape(&[("TITLE", "T"), ("DISCNUMBER", "2"), ("album artist", "A"), ("TrackNumber", "3/4")]);
    let found = tags(&worker, &films::bytes("keys.mp3", &[sound.clone(), keys].concat()));
    assert_eq!((found.title, found.disc, found.track), (some("T"), Some(2), Some(3)));
    assert_eq!((found.album_artists, found.track_total), (vec!["A".to_owned()], Some(4)));
}

#[test]
fn music_in_other_containers_tells_its_tags() {
    let worker = Worker::start();
    let cover = films::other("cover.jpg", "-f lavfi -i testsrc2=s=64x64 -frames:v 1 -update 1");
    let words = "-metadata title=Titel -metadata artist=Wer -metadata album=Wo";
    let sound = "-f lavfi -i anoisesrc=d=1:s=3";
    // A cover that lies in the first kB looks like the beginning of an MP3.
    let inputs = format!("{sound} -i {} -map 1 -map 0 -c:v copy -c:a wmav2 {words}", cover.display());
    for (name, recipe) in [
        ("covered.wma", inputs),
        ("live.mka", format!("{sound} -c:a libvorbis {words} -f matroska -live 1")),
        ("flac.oga", format!("{sound} -c:a flac -f ogg {words}")),
        ("speech.spx", format!("{sound} -ac 1 -ar 16000 -c:a libspeex {words}")),
    ] {
        let found = tags(&worker, &films::other(name, &recipe));
        assert_eq!(
            (found.title, found.artists, found.album),
            (some("Titel"), vec!["Wer".to_owned()], some("Wo")),
            "{name}"
        );
    }
    let inputs = "-c:a wmav2 -metadata title=T -metadata album=Wo -metadata track=3";
    let found = tags(&worker, &films::other("words.wma", &format!("{sound} {inputs}")));
    assert_eq!((found.title, found.album, found.track), (some("T"), some("Wo"), Some(3)));
    let bare =
        films::other("bare.oga", &format!("{sound} -c:a flac -f ogg -map_metadata -1 -fflags +bitexact"));
    assert!(matches!(answer(&worker, &bare), Ok(Value::Nothing { .. })));
}

#[test]
fn hostile_tags_end_within_bounds() {
    let worker = Worker::start();
    let sound = bare_mp3();
    let with = |name: &str, tag: Vec<u8>| {
        films::bytes(&format!("hostile-{name}.mp3"), &[tag, sound.clone()].concat())
    };
    let many: Vec<_> = (0..1_000)
        .map(|number| ("TXXX", utf8(&format!("KEY{number}\0value"))))
        .chain([("TIT2", utf8("T"))])
        .collect();
    assert_eq!(tags(&worker, &with("frames", id3v2(4, &many))).title, some("T"));
    let artists = (0..1_000).map(|number| number.to_string()).collect::<Vec<_>>().join("\0");
    assert_eq!(
        tags(&worker, &with("artists", id3v2(4, &[("TPE1", utf8(&artists))]))).artists.len(),
        MAX_VALUES
    );
    let long =
        tags(&worker, &with("long", id3v2(4, &[("TIT2", utf8(&"é".repeat(1_000_000)))]))).title.unwrap();
    assert_eq!(long.chars().count(), MAX_CHARS);

    // A frame, and a tag, that claim 100 MB.
    let claims = synchsafe(100 << 20);
    let frame = [&b"TALB"[..], &claims, &[0, 0], &utf8("Album")].concat();
    let tag = [&b"ID3\x04\0\0"[..], &claims, &id3v2(4, &[("TIT2", utf8("T"))])[10..], &frame].concat();
    // Vorbis comments that claim four billion entries.
    let comments = [
        &4_u32.to_le_bytes()[..],
        b"test",
        &u32::MAX.to_le_bytes(),
        &0x7fff_ffff_u32.to_le_bytes(),
        b"TITLE=x",
    ]
    .concat();
    let length = (comments.len() as u32).to_be_bytes();
    let flac = [
        &b"fLaC\0\0\0\x22"[..],
        &fs::read(track("flac", "")).unwrap()[8..42],
        &[0x84],
        &length[1..],
        &comments,
        &[0; 3_000],
    ]
    .concat();
    let garbage = id3v2(4, &[("TIT2", films::noise(5_000))]);
    for file in [
        with("claims", tag),
        films::bytes("hostile.flac", &flac),
        with("garbage", garbage),
        films::bytes("hostile-cut.mp3", &id3v2(4, &[("TIT2", utf8("T"))])[..15]),
    ] {
        // Whatever it is, it is an answer, and in the sandbox still stands the same worker.
        if let Err(failure) = answer(&worker, &file) {
            assert!(failure.sentence.ends_with('.'), "{failure:?}");
        }
    }
    assert_eq!(tags(&worker, &track("flac", "title=A")).title, some("A"));
}

#[test]
fn tags_are_read_from_the_start_and_never_the_sound() {
    let worker = Worker::start();
    let long = films::other("long.flac", "-f lavfi -i anoisesrc=d=60:r=48000 -metadata title=A");
    let outcome = worker.make(&long, &[Spec::Tags]);
    let size = fs::metadata(&long).unwrap().len();
    assert!(
        outcome.bytes_read < 200_000 && size > 2_000_000,
        "{} of {size} bytes were read",
        outcome.bytes_read
    );
}
