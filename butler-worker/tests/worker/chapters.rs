//! Which pictures stand for chapters: good ones near their beginnings, the same however the file is read.

use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};

use butler_product::bif::Bif;
use butler_product::chapter_thumbs::ChapterThumbs;
use butler_product::message::Order;
use butler_product::{FailureClass, Spec, Value};

use crate::films;
use crate::process::{BIF, Outcome, Worker, order};

const CHAPTERS: Spec = Spec::ChapterThumbs;

/// Chapters that begin at these seconds, as ffmpeg reads them; each second one has a title, and in an MP4, of
/// which ffmpeg forgets the others, each.
fn chapters(name: &str, starts: &[f64]) -> PathBuf {
    let mut text = ";FFMETADATA1\n".to_owned();
    for (at, start) in starts.iter().enumerate() {
        let (from, until) = (start * 1_000.0, starts.get(at + 1).unwrap_or(&(start + 1.0)) * 1_000.0);
        text += &format!("[CHAPTER]\nTIMEBASE=1/1000\nSTART={from:.0}\nEND={until:.0}\n");
        if at % 2 == 1 || name.ends_with("mp4") {
            text += &format!("title=Number {at}\n");
        }
    }
    films::bytes(&format!("{name}.txt"), text.as_bytes())
}

/// 30 seconds of squares whose lightness tells the time, black before second 2.5; key frames at these
/// seconds, and chapters.
fn film(name: &str, starts: &[f64], coding: &str) -> PathBuf {
    let list = chapters(name, starts);
    films::other(
        name,
        &format!(
            "-f lavfi -i color=black:s=64x36:r=10:d=30,geq=lum='if(lt(T\\,2.5)\\,16\\,20+5*T+30*mod(floor(X/8)\
             +floor(Y/8)\\,2))':cb=128:cr=128 -f ffmetadata -i {} -map 0 -map_chapters 1 -force_key_frames \
             0,3,6,8,12,17,23,28 {coding}",
            list.display()
        ),
    )
}

const X264: &str = "-c:v libx264 -preset ultrafast -bf 2 -x264-params scenecut=0:keyint=999";

/// The product of a want and its pictures, by chapter.
fn made(outcome: &mut Outcome, want: usize, output: usize) -> (ChapterThumbs, Vec<Vec<u8>>) {
    let Some(Ok((Value::ChapterThumbs(value), Some(bytes)))) = outcome.answers[want].take() else {
        panic!("there are no pictures: {:?}", outcome.answers)
    };
    let file = &mut outcome.outputs[output];
    assert_eq!(file.metadata().unwrap().len(), bytes);
    file.seek(SeekFrom::Start(0)).unwrap();
    let mut bif = Bif::open(file).unwrap();
    assert_eq!(bif.pictures(), value.chapters as usize);
    let pictures: Vec<_> = (0..bif.pictures()).map(|place| bif.picture(place).unwrap().unwrap()).collect();
    for (number, picture) in (1..).zip(&pictures) {
        assert_eq!(picture.is_empty(), !value.has(number), "chapter {number}");
    }
    (*value, pictures)
}

fn thumbs(worker: &Worker, film: &Path) -> (ChapterThumbs, Vec<Vec<u8>>) {
    made(&mut worker.make(film, &[CHAPTERS]), 0, 0)
}

/// The second that a picture shows; none for no picture.
fn second(picture: &[u8]) -> Option<u32> {
    let light = |picture| f64::from(films::lightness(picture)) * 219.0 / 255.0 + 16.0;
    (!picture.is_empty()).then(|| ((light(picture) - 35.0) / 5.0).round() as u32)
}

#[test]
fn a_chapter_shows_a_good_key_frame_from_its_beginning_on_or_the_nearest() {
    let worker = Worker::start();
    let starts = [0.0, 7.0, 12.0, 18.0, 29.0, 40.0];
    for (name, count, coding) in [
        ("chapters.mkv", 6, X264),
        // ffmpeg's MP4 misplaces all chapters if one lies after the end.
        ("chapters.mp4", 5, X264),
        // It has neither an index nor a length, and is read through.
        ("chapters-live.mkv", 6, &format!("{X264} -live 1")),
    ] {
        let film = film(name, &starts[..count], coding);
        let (value, pictures) = thumbs(&worker, &film);
        let seconds: Vec<_> = pictures.iter().map(|picture| second(picture)).collect();
        let expect = [Some(3), Some(8), Some(12), Some(23), Some(28), None];
        assert_eq!(seconds, expect[..count], "{name}: black gives way, and nothing lies after the end");
        let missing: &[u32] = if count == 6 { &[6] } else { &[] };
        assert_eq!((value.missing.as_slice(), value.width, value.height), (missing, 64, 36), "{name}");
    }
}

#[test]
fn chapters_at_one_time_one_alone_and_hundreds_have_each_their_picture() {
    let worker = Worker::start();
    let (value, pictures) = thumbs(&worker, &film("one.mkv", &[6.0], X264));
    assert_eq!((value.chapters, value.missing.len(), second(&pictures[0])), (1, 0, Some(6)));

    let many: Vec<f64> = (0..300).map(|at| f64::from(at) / 10.0).collect();
    let film = film("many.mkv", &many, X264);
    let (value, pictures) = thumbs(&worker, &film);
    assert_eq!((value.chapters, value.missing.len()), (300, 0));
    assert_eq!((second(&pictures[80]), second(&pictures[299])), (Some(8), Some(28)));

    // libav drops equal times from Matroska files, but not from all others.
    let mut info = worker.media_info(&film);
    info.chapters.iter_mut().for_each(|chapter| (chapter.start_ms, chapter.end_ms) = (12_000, 12_000));
    let order = Order { media_info: Some(Box::new(info)), ..order(&film, &[CHAPTERS]) };
    let (value, pictures) = made(&mut worker.perform(&film, &order), 0, 0);
    assert_eq!((value.chapters, value.missing.len()), (300, 0));
    assert!(pictures.iter().all(|picture| *picture == pictures[0]));
    assert_eq!(second(&pictures[0]), Some(12));
}

#[test]
fn the_pictures_depend_neither_on_threads_nor_on_who_else_reads() {
    let worker = Worker::start();
    let list = chapters("shared", &[0.0, 9.0, 20.0]);
    // Wider than its thumbnails, and not by much: the one maker allows faults that the other doesn't.
    let film = films::other(
        "shared.mkv",
        &format!(
            "-f lavfi -i testsrc2=s=640x360:r=24:d=30 -f ffmetadata -i {} -map 0 -map_chapters 1 -vf \
             noise=alls=20:allf=t -c:v libx264 -preset veryfast -g 48 -b:v 800k",
            list.display()
        ),
    );
    let alone = thumbs(&worker, &film);
    assert_eq!((alone.0.width, alone.0.height), (480, 270));
    let (_, bif_alone) = worker.make(&film, &[BIF]).bif();
    for threads in [1, 5, 64] {
        let order = Order { threads, ..order(&film, &[CHAPTERS, BIF]) };
        let mut both = worker.perform(&film, &order);
        assert!(made(&mut both, 0, 0) == alone, "{threads} threads");
        both.answers.remove(0);
        both.outputs.remove(0);
        assert!(both.bif().1 == bif_alone, "{threads} threads");
    }
}

#[test]
fn what_previews_need_of_the_same_film_is_read_once_for_both() {
    let worker = Worker::start();
    let film = film("chapters.mkv", &[0.0, 7.0, 12.0, 18.0, 29.0, 40.0], X264);
    let info = Some(Box::new(worker.media_info(&film)));
    let read = |wants: &[Spec]| {
        let order = Order { media_info: info.clone(), ..order(&film, wants) };
        let outcome = worker.perform(&film, &order);
        assert!(outcome.answers.iter().all(|answer| matches!(answer, Some(Ok(_)))));
        outcome.bytes_read
    };
    let (one, other, both) = (read(&[CHAPTERS]), read(&[BIF]), read(&[CHAPTERS, BIF]));
    assert!(both < one + other, "{both} bytes for both, {one} and {other} for each");
}

#[test]
fn without_chapters_or_without_video_there_is_nothing_to_make() {
    let worker = Worker::start();
    let plain = films::film("h264.mkv", "-c:v libx264 -preset ultrafast -g 24");
    let list = chapters("sound", &[0.0, 5.0]);
    let book = films::other(
        "book.mka",
        &format!(
            "-f lavfi -i sine=d=10 -f ffmetadata -i {} -map 0 -map_chapters 1 -c:a flac",
            list.display()
        ),
    );
    let late = film("late-chapters.mkv", &[50.0, 60.0], X264);
    for (film, expect) in [
        (plain, "The file has no chapters."),
        (book, "The file has no video."),
        (late, "The file's chapters begin after its end."),
    ] {
        let answer = worker.make(&film, &[CHAPTERS]).answers.remove(0);
        let Some(Ok((Value::Nothing { why }, None))) = answer else { panic!("{answer:?}") };
        assert_eq!(why, expect);
    }
}

/// A film in a coding that conceals nothing, whose key frames at some of the seconds 0, 3, 6, 8, 12, 17, 23
/// and 28 have lost their beginnings.
fn without_key_frames(name: &str, lost: &[usize]) -> PathBuf {
    let coding = "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 999 -auto-alt-ref 0 -b:v 200k";
    let mut content = std::fs::read(film("vp9.mkv", &[0.0, 7.0, 12.0, 18.0, 29.0], coding)).unwrap();
    // A key frame's first byte says so, and a code that stands nowhere else follows.
    let starts: Vec<_> = (0..content.len() - 4)
        .filter(|&at| content[at] & 0xF4 == 0x80 && content[at + 1..at + 4] == [0x49, 0x83, 0x42])
        .collect();
    assert_eq!(starts.len(), 8);
    for &at in lost {
        content[starts[at]..starts[at] + 60].fill(0);
    }
    films::bytes(name, &content)
}

#[test]
fn damaged_key_frames_give_way_to_the_next_ones_and_where_there_is_none_a_chapter_has_no_picture() {
    let worker = Worker::start();
    for (name, lost, expect) in [
        ("sound.mkv", &[][..], [Some(3), Some(8), Some(12), Some(23), Some(28)]),
        ("scratched.mkv", &[1, 4], [Some(6), Some(8), Some(17), Some(23), Some(28)]),
        ("torn.mkv", &[6, 7], [Some(3), Some(8), Some(12), None, None]),
    ] {
        let film = without_key_frames(name, lost);
        let (value, pictures) = thumbs(&worker, &film);
        let seconds: Vec<_> = pictures.iter().map(|picture| second(picture)).collect();
        assert_eq!(seconds, expect, "{name}");
        let missing: Vec<u32> = (1..).zip(expect).filter(|(_, at)| at.is_none()).map(|(at, _)| at).collect();
        assert_eq!(value.missing, missing, "{name}");
    }
}

#[test]
fn previews_of_a_film_with_a_damaged_key_frame_show_the_next_one_and_with_none_whole_both_fail() {
    let worker = Worker::start();
    let often = Spec::Bif(butler_product::bif::Params::new(2_000, 320).unwrap());
    let (_, whole) = worker.make(&without_key_frames("sound.mkv", &[]), std::slice::from_ref(&often)).bif();
    let (_, pictures) = worker.make(&without_key_frames("gap.mkv", &[4]), std::slice::from_ref(&often)).bif();
    let at = |second: usize| second / 2;
    assert_eq!((second(&whole[at(12)]), second(&pictures[at(12)])), (Some(12), Some(17)));
    assert_eq!(pictures[at(8)], whole[at(8)]);

    let outcome = worker.make(&without_key_frames("lost.mkv", &[0, 1, 2, 3, 4, 5, 6, 7]), &[CHAPTERS, often]);
    let failures: Vec<_> = outcome.answers.into_iter().map(|answer| answer.unwrap().unwrap_err()).collect();
    assert!(failures.iter().all(|failure| failure.class == FailureClass::Content), "{failures:?}");
    assert_eq!(failures[0].sentence, "The video has no picture at its chapters that can be decoded.");
    assert!(failures[1].sentence.starts_with("The video is damaged from 0:00:00 on"), "{failures:?}");
}

#[test]
fn a_film_that_was_cut_off_fails() {
    let worker = Worker::start();
    let whole = film("chapters.mkv", &[0.0, 7.0, 12.0, 18.0, 29.0, 40.0], X264);
    let failure = worker.make(&films::cut(&whole, 50), &[CHAPTERS]).failure();
    assert_eq!(failure.class, FailureClass::Content);
    assert!(failure.sentence.starts_with("The file ends after "), "{}", failure.sentence);
}
