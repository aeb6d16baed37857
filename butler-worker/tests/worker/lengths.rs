//! A length that nobody measured is no promise: whole films of which a table says something else get their
//! products, and are not called cut off or damaged.

use std::fs;
use std::path::{Path, PathBuf};

use butler_product::Spec;
use butler_product::bandwidth::Summary;
use butler_product::media_info::{MediaInfo, StreamKind};

use crate::films::{bytes, film, film_with_sound, other};
use crate::process::{BIF, Worker};

const H264: &str = "-c:v libx264 -preset ultrafast -g 24 -pix_fmt yuv420p";

/// The headers, and how long a walk through the film found it to be.
fn walked(worker: &Worker, film: &Path) -> (MediaInfo, u64) {
    let mut outcome = worker.make(film, &[Spec::MediaInfo, Spec::Bandwidth]);
    let mut value = |at: usize| outcome.answers[at].take().unwrap().unwrap().0;
    let info = value(0).take::<MediaInfo>().unwrap();
    (info, value(1).take::<Summary>().unwrap().duration_ms)
}

fn pictures(worker: &Worker, film: &Path) -> u32 {
    worker.make(film, &[BIF]).bif().0.pictures
}

/// The same with other bytes for some behind a mark, `skipped` further on.
fn patched(of: &Path, name: &str, mark: &[u8], skipped: usize, with: &[u8]) -> PathBuf {
    let mut content = fs::read(of).unwrap();
    let at = content.windows(mark.len()).position(|window| window == mark).unwrap() + mark.len() + skipped;
    content[at..at + with.len()].copy_from_slice(with);
    bytes(name, &content)
}

#[test]
fn a_fragmented_film_whose_length_is_all_ones_has_none_until_it_was_walked() {
    let worker = Worker::start();
    let fragments = film("open.mp4", &format!("{H264} -movflags frag_keyframe+empty_moov"));
    let ones = patched(&fragments, "ones.mp4", b"mvhd", 16, &[0xFF; 4]);
    let (info, found) = walked(&worker, &ones);
    assert_eq!((info.duration_ms, info.stated_ms), (None, None));
    assert!((24_900..=25_100).contains(&found), "{found}");
    assert_eq!(pictures(&worker, &ones), 3);
}

#[test]
fn a_recording_without_a_length_has_its_products() {
    let worker = Worker::start();
    let live = film("live.webm", "-c:v libvpx -deadline realtime -cpu-used 8 -g 24 -f webm -live 1");
    let (mut info, found) = walked(&worker, &live);
    assert_eq!(info.duration_ms, None);
    assert!(info.learn_length(found) && info.duration_ms == Some(found) && info.bit_rate.is_some());
    assert_eq!(pictures(&worker, &live), 3);
}

#[test]
fn a_guess_by_the_bit_rate_is_not_held_against_the_file() {
    let worker = Worker::start();
    // A loud beginning, then silence: whoever goes by the first frames takes it for longer or shorter.
    let sound = "-f lavfi -i anoisesrc=d=60:a=0.5,volume=enable='gt(t,40)':volume=0";
    let guessed =
        other("guessed.mp3", &format!("{sound} -c:a libmp3lame -q:a 9 -write_xing 0 -id3v2_version 0"));
    let (info, found) = walked(&worker, &guessed);
    assert_eq!(info.stated_ms, None);
    assert!((59_800..=60_200).contains(&found), "{found}");
    let counted = other("counted.mp3", &format!("{sound} -c:a libmp3lame -q:a 9"));
    assert_eq!(worker.media_info(&counted).stated_ms.map(|ms| ms / 1_000), Some(60));
}

#[test]
fn subtitles_that_outlast_the_film_do_not_make_it_damaged() {
    let worker = Worker::start();
    let text = "1\n00:00:01,000 --> 00:00:02,000\nHello\n\n2\n00:03:00,000 --> 00:04:00,000\nThe end\n";
    let subtitles = bytes("long.srt", text.as_bytes());
    let whole = film_with_sound("whole.mkv", &format!("{H264} -c:a aac"));
    for ending in ["mkv", "mp4"] {
        let coding = if ending == "mp4" { "mov_text" } else { "srt" };
        let inputs =
            format!("-i {} -i {} -map 0 -map 1 -c copy -c:s {coding}", whole.display(), subtitles.display());
        let film = other(&format!("longsubs.{ending}"), &inputs);
        assert!(worker.media_info(&film).duration_ms.unwrap() > 200_000, "{ending}");
        assert!(pictures(&worker, &film) >= 3, "{ending}");
        let (_, found) = walked(&worker, &film);
        assert!((24_500..=26_000).contains(&found), "{ending}: {found}");
    }
}

#[test]
fn sound_that_outlasts_the_video_s_own_end_does_not_make_it_damaged() {
    let worker = Worker::start();
    let sound = "-f lavfi -i sine=d=90";
    for (ending, coding, audio) in
        [("mp4", H264, "aac"), ("mkv", H264, "aac"), ("ts", H264, "aac"), ("avi", "-c:v mpeg4 -g 24", "mp3")]
    {
        let video = film(&format!("silent.{ending}"), coding);
        let inputs = format!("-i {} {sound} -map 0 -map 1 -c:v copy -c:a {audio}", video.display());
        let film = other(&format!("outlasted.{ending}"), &inputs);
        assert!(worker.media_info(&film).duration_ms.unwrap() > 89_000, "{ending}");
        assert!(pictures(&worker, &film) >= 3, "{ending}");
    }
}

#[test]
fn an_avi_that_was_written_in_one_go_has_no_length_until_it_was_walked() {
    let worker = Worker::start();
    let film = film("whole.avi", "-c:v mpeg4 -g 24");
    let size = patched(&film, "open.avi", b"RIFF", 0, &[0xFF; 4]);
    // The frames that its head counts: four bytes, behind four others.
    let open = patched(&size, "guessed.avi", b"avih", 20, &[0x7F, 0, 1, 0]);
    let (info, found) = walked(&worker, &open);
    assert_eq!((info.duration_ms, info.stated_ms), (None, None));
    assert!((24_900..=25_300).contains(&found), "{found}");
    assert_eq!(pictures(&worker, &open), 3);
}

#[test]
fn a_film_that_begins_late_is_whole_and_its_times_count_from_the_clock_s_zero() {
    let worker = Worker::start();
    let film = film("prompt.mp4", &format!("{H264} -bf 0"));
    let late = other("late.mp4", &format!("-itsoffset 10 -i {} -c copy", film.display()));
    let (info, found) = walked(&worker, &late);
    assert_eq!(
        (info.duration_ms.map(|ms| ms / 1_000), info.stated_ms.map(|ms| ms / 1_000)),
        (Some(35), Some(25))
    );
    assert!((34_900..=35_100).contains(&found), "{found}");
    let (summary, pictures) = worker.make(&late, &[BIF]).bif();
    assert_eq!(summary.pictures, 4);
    let prompt = worker.make(&film, &[BIF]).bif().1;
    assert_eq!(pictures[1], prompt[0], "at 10 seconds it begins");
    assert_eq!(pictures[0], prompt[0]);
    assert_eq!(pictures[3], prompt[2]);
}

#[test]
fn a_film_that_is_encrypted_is_called_so() {
    let worker = Worker::start();
    let key = "00112233445566778899aabbccddeeff";
    let locked = film_with_sound(
        "locked.mp4",
        &format!(
            "{H264} -c:a aac -encryption_scheme cenc-aes-ctr -encryption_key {key} -encryption_kid {key}"
        ),
    );
    let info = worker.media_info(&locked);
    assert!(info.streams.iter().all(|stream| stream.encrypted), "{info:?}");
    assert_eq!(
        worker.make(&locked, &[BIF]).failure().sentence,
        "The file's video is encrypted; only a player that has its key can show it."
    );
    assert!(walked(&worker, &locked).1 > 24_000, "its packets can be counted all the same");
}

#[test]
fn a_cover_that_nothing_marks_as_one_is_not_shown_for_the_film() {
    let worker = Worker::start();
    let cover = other("cover.jpg", "-f lavfi -i color=red:s=320x180 -frames:v 1 -update 1");
    let film = film("plain.avi", "-c:v msmpeg4 -g 24");
    let inputs = format!("-i {} -i {} -map 0 -map 1 -c copy", cover.display(), film.display());
    let covered = other("covered.wmv", &inputs);
    let info = worker.media_info(&covered);
    assert!(info.streams.iter().all(|stream| stream.kind == StreamKind::Video));
    assert_eq!(info.video().unwrap().codec, "msmpeg4v3");
    assert_eq!(pictures(&worker, &covered), 3);
}

#[test]
fn speech_in_speex_is_read() {
    let worker = Worker::start();
    let speech = other("speech.spx", "-f lavfi -i sine=d=5:r=16000 -ac 1 -c:a libspeex");
    let (info, found) = walked(&worker, &speech);
    assert_eq!(info.streams[0].codec, "speex");
    assert!((4_900..=5_200).contains(&found), "{found}");
}
