//! How gain tags come into music files of each kind: read back by mutagen, the sound told by ffmpeg. All else
//! of a file stays, and taken back it is what it was, byte for byte.

use std::fs::{self, File};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use butler_fixtures::tags::{ape, id3v1, id3v2, latin1};
use butler_product::Failure;
use butler_product::channel::send;
use butler_product::gain_tags::{GainTag, Gains, Level, Retag, Retagged};
use butler_product::message::{FromWorker, RetagOrder, ToWorker};
use serde_json::Value;

use crate::films;
use crate::process::Worker;

const GAINS: Gains =
    Gains { track: Level { gain: -7.03, peak: 1.003 }, album: Some(Level { gain: -6.5, peak: 1.1 }) };

/// Every tag of a file as mutagen reads it, pictures by their size; keys in lower case.
const READER: &str = r#"
import sys, json, mutagen
def told(value):
    if isinstance(value, list):
        return [told(each) for each in value]
    data = getattr(value, 'data', None)
    if isinstance(data, bytes):
        return ['picture', len(data)]
    if isinstance(value, bytes):
        return value.decode('utf-8', 'replace')
    return str(value)
tags = mutagen.File(sys.argv[1]).tags or {}
pictures = [len(each.data) for each in getattr(mutagen.File(sys.argv[1]), 'pictures', [])]
items = {}
for key, value in tags.items():
    items.setdefault(key.lower(), []).append(told(value))
print(json.dumps([items, pictures], sort_keys=True))
"#;

fn by_mutagen(file: &Path) -> Value {
    let read = butler_fixtures::command("/usr/bin/python3").args(["-c", READER]).arg(file).output().unwrap();
    assert!(
        read.status.success(),
        "mutagen, which `./test` installs, does not read {}: {}",
        file.display(),
        String::from_utf8_lossy(&read.stderr)
    );
    serde_json::from_slice(&read.stdout).unwrap()
}

/// The gains among what mutagen read, each with the end of its key, and the rest.
fn parted(read: &Value) -> (Vec<String>, Value) {
    let mut rest = read.clone();
    let items = rest[0].as_object_mut().unwrap();
    let is_gain = |key: &str| key.contains("replaygain_") || key.contains("r128_");
    let mut gains: Vec<String> = items
        .iter()
        .filter(|(key, _)| is_gain(key))
        .map(|(key, value)| {
            let name = key.rsplit(':').next().unwrap();
            let value = value.to_string();
            format!("{name}={}", value.trim_matches(['[', ']', '"']))
        })
        .collect();
    gains.sort();
    items.retain(|key, _| !is_gain(key));
    (gains, rest)
}

/// A digest of all packets of sound.
fn packets(file: &Path) -> String {
    let arguments = ["-map", "0:a", "-c", "copy", "-f", "streamhash", "-hash", "md5", "-"];
    let told = butler_fixtures::command("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(file)
        .args(arguments)
        .output()
        .unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    String::from_utf8(told.stdout).unwrap()
}

impl Worker {
    pub(crate) fn retag(&self, file: &Path, retag: &Retag) -> Result<Retagged, Failure> {
        let open = File::open(file).unwrap();
        let order = RetagOrder { size_bytes: open.metadata().unwrap().len(), retag: retag.clone() };
        send(&self.socket, &ToWorker::Retag(Box::new(order)), &[open.as_fd()]).unwrap();
        match self.hear().unwrap() {
            FromWorker::Retagged { outcome } => outcome.map(|change| *change),
            other => panic!("{other:?}"),
        }
    }
}

/// The file with its edits carried out.
fn edited(old: &[u8], change: &Retagged) -> Vec<u8> {
    assert!(change.is_sound(old.len() as u64));
    let (mut new, mut at) = (Vec::new(), 0);
    for edit in &change.edits {
        new.extend(&old[at..edit.from as usize]);
        new.extend(&edit.bytes);
        at = edit.until as usize;
    }
    new.extend(&old[at..]);
    assert_eq!(new.len() as u64, change.new_size(old.len() as u64));
    new
}

/// Retags a copy of a file, looks at it with strangers' eyes, and takes it back.
#[track_caller]
fn there_and_back(worker: &Worker, file: &Path, expect: &[&str]) {
    let name = file.file_name().unwrap().to_str().unwrap();
    let folder = butler_fixtures::tempdir().unwrap();
    let copy = folder.path().join(name);
    let old = fs::read(file).unwrap();
    let change =
        worker.retag(file, &Retag::Gains(GAINS)).unwrap_or_else(|failure| panic!("{name}: {failure:?}"));
    let new = edited(&old, &change);
    fs::write(&copy, &new).unwrap();
    let (gains, rest) = parted(&by_mutagen(&copy));
    assert_eq!(gains, expect, "{name}");
    assert_eq!(rest, parted(&by_mutagen(file)).1, "{name}: another tag or picture changed");
    assert_eq!(packets(&copy), packets(file), "{name}: the sound changed");
    let again = worker.retag(&copy, &Retag::Gains(GAINS)).unwrap();
    assert_eq!((again.edits, again.old), (Vec::new(), change.new.clone()), "{name}: once is enough");
    let back = worker.retag(&copy, &Retag::Exactly(change.old.clone())).unwrap();
    assert_eq!(back.new, change.old);
    assert!(edited(&new, &back) == old, "{name}: taken back it is not what it was");
}

const REPLAY_GAIN: [&str; 4] = [
    "replaygain_album_gain=-6.50 dB",
    "replaygain_album_peak=1.100000",
    "replaygain_track_gain=-7.03 dB",
    "replaygain_track_peak=1.003000",
];
const R128: [&str; 2] = ["r128_album_gain=-2944", "r128_track_gain=-3080"];

/// Two seconds of sound with these metadata and, where the kind holds one, a cover of some size.
fn track(name: &str, options: &str) -> PathBuf {
    films::other(
        name,
        &format!("-f lavfi -i anoisesrc=d=2:r=48000:s=5 -map_metadata -1 -fflags +bitexact {options}"),
    )
}

const TITLES: &str =
    "-metadata title=Größe -metadata artist=Björk -metadata album=Début -metadata track=3/12";

#[test]
fn every_kind_gets_its_gains_and_keeps_all_else() {
    let worker = Worker::start();
    for (name, options, expect) in [
        ("plain.flac", "", &REPLAY_GAIN[..]),
        ("plain.ogg", "-c:a libvorbis", &REPLAY_GAIN),
        ("plain.opus", "", &R128),
        ("plain.spx", "-c:a libspeex -ar 32000 -f ogg", &REPLAY_GAIN),
        ("plain.mp3", "", &REPLAY_GAIN),
        ("old.mp3", "-id3v2_version 4", &REPLAY_GAIN),
        ("plain.m4a", "", &REPLAY_GAIN),
        ("fast.m4a", "-movflags +faststart", &REPLAY_GAIN),
        ("plain.wv", "-c:a wavpack", &REPLAY_GAIN),
    ] {
        there_and_back(&worker, &track(name, &format!("{options} {TITLES}")), expect);
    }
}

#[test]
fn gains_of_others_are_replaced_where_they_stand_and_come_back_word_for_word() {
    let worker = Worker::start();
    let others = "-metadata replaygain_track_gain=-1.20dB -metadata title=A \
                  -metadata REPLAYGAIN_REFERENCE_LOUDNESS=89.0dB -metadata R128_TRACK_GAIN=99 -metadata genre=B";
    for (name, options, expect) in [
        ("foreign.flac", "", &REPLAY_GAIN[..]),
        ("foreign.opus", "", &R128),
        ("foreign.ogg", "-c:a libvorbis", &REPLAY_GAIN),
        ("foreign.mp3", "", &REPLAY_GAIN),
        ("foreign.wv", "-c:a wavpack", &REPLAY_GAIN),
    ] {
        let file = track(name, &format!("{options} {others}"));
        let change = worker.retag(&file, &Retag::Gains(GAINS)).unwrap();
        assert_eq!(change.old.len(), 3, "{name}: {:?}", change.old);
        // Where they stood apart they come back side by side: the same tags in another order.
        let old = fs::read(&file).unwrap();
        let folder = butler_fixtures::tempdir().unwrap();
        let (written, back) = (folder.path().join(name), folder.path().join(format!("back-{name}")));
        fs::write(&written, edited(&old, &change)).unwrap();
        let (gains, rest) = parted(&by_mutagen(&written));
        let before = by_mutagen(&file);
        assert_eq!((&gains[..], rest), (&expect.map_to_owned()[..], parted(&before).1), "{name}");
        let undo = worker.retag(&written, &Retag::Exactly(change.old.clone())).unwrap();
        fs::write(&back, edited(&fs::read(&written).unwrap(), &undo)).unwrap();
        assert_eq!(by_mutagen(&back), before, "{name}");
        // ffmpeg ends the texts of ID3v2 with a zero, which need not stand there.
        if !name.ends_with("mp3") {
            assert_eq!(fs::metadata(&back).unwrap().len(), old.len() as u64, "{name}");
        }
    }
}

trait Owned {
    fn map_to_owned(&self) -> Vec<String>;
}

impl Owned for [&str] {
    fn map_to_owned(&self) -> Vec<String> {
        self.iter().map(|each| (*each).to_owned()).collect()
    }
}

#[test]
fn covers_stay_where_they_are() {
    let worker = Worker::start();
    let cover = films::other("cover.png", "-f lavfi -i testsrc2=s=900x900 -frames:v 1");
    for name in ["covered.flac", "covered.mp3", "covered.m4a"] {
        let arguments = format!(
            "-i {} -i {} -map 0 -map 1 -c copy -disposition:v attached_pic",
            track(&format!("bare-{name}"), TITLES).display(),
            cover.display()
        );
        there_and_back(&worker, &films::other(name, &arguments), &REPLAY_GAIN);
    }
    // In Ogg a cover is a comment, over many pages.
    let bytes = fs::read(&cover).unwrap();
    for (name, options, expect) in
        [("covered.ogg", "-c:a libvorbis", &REPLAY_GAIN[..]), ("covered.opus", "", &R128)]
    {
        let bare = track(&format!("bare-{name}"), &format!("{options} {TITLES}"));
        let folder = butler_fixtures::tempdir().unwrap();
        let file = folder.path().join(name);
        fs::copy(&bare, &file).unwrap();
        let script = "import sys, base64, mutagen\nfrom mutagen.flac import Picture\np = Picture()\np.data = \
                      open(sys.argv[2], 'rb').read()\np.mime = 'image/png'\nf = mutagen.File(sys.argv[1])\n\
                      f['metadata_block_picture'] = [base64.b64encode(p.write()).decode()]\nf.save()";
        let done = butler_fixtures::command("/usr/bin/python3")
            .args(["-c", script])
            .args([&file, &cover])
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        assert!(fs::metadata(&file).unwrap().len() > bytes.len() as u64);
        there_and_back(&worker, &file, expect);
        let change = worker.retag(&file, &Retag::Gains(GAINS)).unwrap();
        let said: usize = change.edits.iter().map(|edit| edit.bytes.len()).sum();
        assert!(said < 4_096, "{name}: {said} bytes are said anew");
    }
}

/// The frames of an MP3 without any tag.
fn bare_mp3() -> Vec<u8> {
    fs::read(films::other("bare-retag.mp3", "-f lavfi -i anoisesrc=d=2:s=5 -write_xing 0 -id3v2_version 0"))
        .unwrap()
}

#[test]
fn tags_around_mp3_are_taken_where_they_are() {
    let worker = Worker::start();
    let folder = butler_fixtures::tempdir().unwrap();
    let sound = bare_mp3();
    let title = [("TIT2", latin1("A")), ("TXXX", latin1("replaygain_track_gain\0-1 dB"))];
    let short = id3v1("Title", "Artist", "Album", "1993", 7, 17);
    let padded = |version| {
        let mut tag = id3v2(version, &title);
        tag[9] += 50;
        [tag, vec![0; 50]].concat()
    };
    for (name, parts) in [
        ("none.mp3", vec![sound.clone()]),
        ("23.mp3", vec![id3v2(3, &title), sound.clone()]),
        ("24.mp3", vec![id3v2(4, &title), sound.clone(), short.clone()]),
        ("padded23.mp3", vec![padded(3), sound.clone()]),
        ("padded24.mp3", vec![padded(4), sound.clone()]),
        ("ape.mp3", vec![sound.clone(), ape(&[("Title", "A")])]),
        ("ape-short.mp3", vec![sound.clone(), ape(&[("Title", "A")]), short.clone()]),
    ] {
        let file = folder.path().join(name);
        fs::write(&file, parts.concat()).unwrap();
        if name.starts_with("ape") {
            // mutagen takes such a file for MP3 and looks for ID3 alone.
            let change = worker.retag(&file, &Retag::Gains(GAINS)).unwrap();
            let new = edited(&fs::read(&file).unwrap(), &change);
            let written = folder.path().join(format!("new-{name}"));
            fs::write(&written, &new).unwrap();
            let script = "import sys\nfrom mutagen.apev2 import APEv2\nprint(sorted((k.lower(), str(v)) for k, v in APEv2(sys.argv[1]).items()))";
            let told = butler_fixtures::command("/usr/bin/python3")
                .args(["-c", script])
                .arg(&written)
                .output()
                .unwrap();
            let told = String::from_utf8(told.stdout).unwrap();
            assert!(
                told.contains("('replaygain_track_gain', '-7.03 dB')") && told.contains("('title', 'A')"),
                "{told}"
            );
            let back = worker.retag(&written, &Retag::Exactly(change.old)).unwrap();
            assert!(edited(&new, &back) == parts.concat(), "{name}");
        } else {
            there_and_back(&worker, &file, &REPLAY_GAIN);
        }
    }
}

#[test]
fn what_would_do_harm_is_refused_with_a_sentence() {
    let worker = Worker::start();
    let folder = butler_fixtures::tempdir().unwrap();
    let sound = bare_mp3();
    let title = [("TIT2", latin1("A"))];
    let short = id3v1("Title", "Artist", "Album", "1993", 7, 17);
    let gain = ape(&[("REPLAYGAIN_TRACK_GAIN", "-1 dB")]);
    let mut odd = id3v2(3, &title);
    odd[20] ^= 0x80;
    for (name, file, words) in [
        ("short.mp3", [&sound[..], &short].concat(), "ID3v1 tag alone"),
        ("both.mp3", [&id3v2(3, &title), &sound[..], &gain].concat(), "APEv2 tag as well"),
        ("odd.mp3", [&[&odd[..], b"junk"].concat()[..], &sound].concat(), "writes no tags"),
        ("cut.flac", fs::read(track("cut.flac", TITLES)).unwrap()[..60].to_vec(), "damaged"),
        ("text.mp3", b"a text, and nothing else".to_vec(), "writes no tags"),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, file).unwrap();
        let failure = worker.retag(&path, &Retag::Gains(GAINS)).unwrap_err();
        assert!(failure.sentence.contains(words), "{name}: {}", failure.sentence);
    }
    for (name, options, words) in [
        ("pieces.m4a", "-movflags +frag_keyframe+empty_moov", "in pieces"),
        ("flac.oga", "-c:a flac -f ogg", "neither Vorbis"),
        ("plain.wav", "", "writes no tags"),
        ("plain.mka", "", "writes no tags"),
    ] {
        let failure = worker.retag(&track(name, options), &Retag::Gains(GAINS)).unwrap_err();
        assert!(failure.sentence.contains(words), "{name}: {}", failure.sentence);
    }
}

/// The file with the first of these bytes as others of the same number.
fn patched(file: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at = file.windows(from.len()).position(|window| window == from).expect("the bytes are there");
    [&file[..at], to, &file[at + from.len()..]].concat()
}

#[track_caller]
fn refused(worker: &Worker, file: &[u8], words: &str) {
    let folder = butler_fixtures::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, file).unwrap();
    let failure = worker.retag(&path, &Retag::Gains(GAINS)).unwrap_err();
    assert!(failure.sentence.contains(words), "{}", failure.sentence);
}

#[test]
fn gains_that_are_no_text_could_not_be_given_back_and_are_left_alone() {
    let worker = Worker::start();
    let gain = "-metadata replaygain_track_gain=ABCDEFGH";
    for (name, options) in
        [("no-text.flac", ""), ("no-text.opus", ""), ("no-text.ogg", "-c:a libvorbis"), ("no-text.wv", "")]
    {
        let file = fs::read(track(name, &format!("{options} {gain}"))).unwrap();
        refused(&worker, &patched(&file, b"ABCDEFGH", b"AB\xff\xfe\x80FGH"), "is no text");
    }
    // In an APE tag it may be said to be bytes.
    let item = [&8_u32.to_le_bytes()[..], &[2, 0, 0, 0], b"replaygain_track_gain\0"].concat();
    let file = fs::read(track("no-text.wv", gain)).unwrap();
    let text = [&8_u32.to_le_bytes()[..], &[0; 4], b"replaygain_track_gain\0"].concat();
    refused(&worker, &patched(&file, &text, &item), "is no text");
    // Half of a pair of UTF-16, and UTF-8 that is none.
    let sound = bare_mp3();
    let name: Vec<u8> = "replaygain_track_gain".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf_16 = [&[1, 0xff, 0xfe], &name[..], &[0, 0, 0xff, 0xfe, 0, 0xd8, b'1', 0]].concat();
    let utf_8 = b"\x03replaygain_track_gain\0-\xff dB".to_vec();
    for content in [utf_16, utf_8] {
        refused(&worker, &[&id3v2(4, &[("TXXX", content)])[..], &sound].concat(), "is no text");
    }
    // In MP4 its kind says that it is a picture.
    let plain = track("no-text.m4a", TITLES);
    let change = worker.retag(&plain, &Retag::Gains(GAINS)).unwrap();
    let written = edited(&fs::read(&plain).unwrap(), &change);
    let data = |kind: u8| [b"data\0\0\0", &[kind][..], &[0; 4], b"-7.03 dB"].concat();
    refused(&worker, &patched(&written, &data(1), &data(13)), "is no text");
}

#[test]
fn an_mp4_file_whose_places_are_not_all_understood_is_left_alone() {
    let worker = Worker::start();
    let fast = fs::read(track("places.m4a", "-movflags +faststart")).unwrap();
    let slow = fs::read(track("places-behind.m4a", "")).unwrap();
    let words = "tells places in itself";
    for (from, to) in [
        // No table of places, two tracks' worth of nothing, packed headers, items with places of their own.
        (b"stco", b"stcx"),
        (b"stbl", b"stbx"),
        (b"mvhd", b"cmov"),
        (b"edts", b"meta"),
        (b"free", b"idx "),
    ] {
        refused(&worker, &patched(&fast, from, to), words);
    }
    for file in [&fast, &slow] {
        refused(&worker, &[&file[..], b"\0\0\0\x0cmeta\0\0\0\0"].concat(), words);
    }
    // A place that is none of sound.
    let at = fast.windows(4).position(|window| window == b"stco").unwrap() + 12;
    let mut astray = fast.clone();
    astray[at..at + 4].copy_from_slice(&8_u32.to_be_bytes());
    refused(&worker, &astray, words);
}

#[test]
fn whatever_byte_lies_the_worker_answers_and_keeps_to_the_file() {
    let worker = Worker::start();
    let folder = butler_fixtures::tempdir().unwrap();
    let path = folder.path().join("broken");
    for name in ["plain.flac", "plain.ogg", "plain.opus", "plain.mp3", "plain.m4a", "fast.m4a", "plain.wv"] {
        let options = if name.ends_with("wv") { "-c:a wavpack" } else { "" };
        let options = if name == "plain.ogg" { "-c:a libvorbis" } else { options };
        let whole = fs::read(track(&format!("broken-{name}"), &format!("{options} {TITLES}"))).unwrap();
        let ends = (0..400.min(whole.len())).chain(whole.len().saturating_sub(400)..whole.len());
        for at in ends.step_by(7) {
            for byte in [0, 0x7f, 0xff] {
                let mut file = whole.clone();
                file[at] = byte;
                fs::write(&path, &file).unwrap();
                if let Ok(change) = worker.retag(&path, &Retag::Gains(GAINS)) {
                    edited(&file, &change);
                }
            }
        }
        for length in [0, 3, 11, 12, 40, 200, whole.len() / 2] {
            fs::write(&path, &whole[..length.min(whole.len())]).unwrap();
            let _ = worker.retag(&path, &Retag::Exactly(vec![GainTag::new("R128_TRACK_GAIN", "1")]));
        }
    }
}
