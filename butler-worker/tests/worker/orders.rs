//! The conversation: hello, progress, cancel, drop, quit, and what happens when the engine is gone.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use butler_product::bif::Params;
use butler_product::message::{FromWorker, MAX_UNITS, Order, ToWorker};
use butler_product::{FailureClass, Spec};

use crate::films;
use crate::process::{BIF, Worker, order};

const CODING: &str = "-c:v libx264 -preset ultrafast -g 24";

/// A film that keeps a worker busy for many seconds: large pictures, each of them a key frame that serves a
/// mark.
fn long_film() -> PathBuf {
    let part = films::other(
        "part.mkv",
        "-f lavfi -i testsrc2=s=1920x1080:r=2:d=5 -vf noise=alls=40 -c:v mjpeg -q:v 9",
    );
    films::other("long.mkv", &format!("-stream_loop 119 -i {} -c copy", part.display()))
}

fn long_order(film: &std::path::Path) -> Order {
    let often = Spec::Bif(Params::new(500, 320).unwrap());
    Order { threads: 1, ..order(film, &[often, BIF]) }
}

#[test]
fn it_introduces_itself_to_an_engine_of_its_own_build() {
    assert_eq!(Worker::start().hello.mismatch(env!("CARGO_PKG_VERSION")), None);
}

#[test]
fn progress_is_told_and_a_cancelled_unit_ends_without_an_answer() {
    let film = long_film();
    let worker = Worker::start();
    worker.order(&film, &long_order(&film));
    let FromWorker::Progress { unit: 7, bytes_read, steps, .. } = worker.hear().unwrap() else {
        panic!("no progress");
    };
    assert!(bytes_read > 0 && steps > 0);
    worker.say(&ToWorker::Cancel { unit: 7 });
    loop {
        match worker.hear().unwrap() {
            FromWorker::UnitEnded { unit: 7, .. } => break,
            FromWorker::Progress { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    worker.make(&films::film("h264.mkv", CODING), &[BIF]).bif();
}

#[test]
fn a_unit_whose_wants_are_all_dropped_ends_without_an_answer() {
    let film = long_film();
    let worker = Worker::start();
    worker.order(&film, &long_order(&film));
    for want in 0..2 {
        worker.say(&ToWorker::Drop { unit: 7, want });
    }
    loop {
        match worker.hear().unwrap() {
            FromWorker::UnitEnded { unit: 7, .. } => break,
            FromWorker::Progress { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn words_about_another_unit_change_nothing() {
    let film = films::film("h264.mkv", CODING);
    let worker = Worker::start();
    worker.say(&ToWorker::Cancel { unit: 7 });
    let outputs = worker.order(&film, &order(&film, &[BIF]));
    worker.say(&ToWorker::Cancel { unit: 8 });
    worker.say(&ToWorker::Drop { unit: 7, want: 99 });
    assert!(matches!(worker.hear().unwrap(), FromWorker::Made { unit: 7, want: 0, .. }));
    assert!(outputs[0].metadata().unwrap().len() > 0);
}

#[test]
fn units_are_done_in_the_order_in_which_they_were_given_and_each_is_cancelled_alone() {
    let (film, long) = (films::film("h264.mkv", CODING), long_film());
    let worker = Worker::start();
    worker.order(&long, &long_order(&long));
    for unit in 8..=10 {
        worker.order(&film, &Order { unit, ..order(&film, &[Spec::MediaInfo]) });
    }
    worker.say(&ToWorker::Cancel { unit: 9 });
    worker.say(&ToWorker::Cancel { unit: 7 });
    let told = std::iter::from_fn(|| match worker.hear().unwrap() {
        FromWorker::Progress { .. } => Some(None),
        FromWorker::Made { unit, .. } => Some(Some(("made", unit))),
        FromWorker::UnitEnded { unit, .. } => Some(Some(("ended", unit))),
        other => panic!("{other:?}"),
    });
    let told: Vec<_> = told.flatten().take(6).collect();
    assert_eq!(told, [("ended", 7), ("made", 8), ("ended", 8), ("ended", 9), ("made", 10), ("ended", 10)]);
}

#[test]
fn more_orders_than_a_worker_takes_are_refused() {
    let film = long_film();
    let worker = Worker::start();
    worker.order(&film, &long_order(&film));
    for unit in 8..=7 + MAX_UNITS as u64 {
        worker.order(&film, &Order { unit, ..order(&film, &[Spec::MediaInfo]) });
    }
    loop {
        match worker.hear().unwrap() {
            FromWorker::Failed { unit, failure, .. } => {
                break assert_eq!((unit, failure.class), (7 + MAX_UNITS as u64, FailureClass::Worker));
            }
            FromWorker::Progress { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn an_order_without_its_descriptors_is_the_workers_failure() {
    let film = films::film("h264.mkv", CODING);
    let worker = Worker::start();
    worker.say(&ToWorker::Do(Box::new(order(&film, &[BIF]))));
    assert!(
        matches!(worker.hear().unwrap(), FromWorker::Failed { failure, .. } if failure.class == FailureClass::Worker)
    );
    assert!(matches!(worker.hear().unwrap(), FromWorker::UnitEnded { .. }));
}

#[test]
fn it_quits_when_told_and_when_the_engine_is_gone() {
    let worker = Worker::start();
    worker.say(&ToWorker::Quit);
    assert!(worker.wait().success());

    let film = long_film();
    let mut worker = Worker::start();
    worker.order(&film, &long_order(&film));
    let (nobody, _) = std::os::unix::net::UnixStream::pair().unwrap();
    drop(std::mem::replace(&mut worker.socket, nobody));
    assert!(worker.wait().success());
}

#[test]
fn nothing_of_a_unit_stays_open() {
    let worker = Worker::start();
    let open = || fs::read_dir(format!("/proc/{}/fd", worker.id())).unwrap().count();
    let before = open();
    for name in ["h264.mkv", "h264.ts"] {
        worker.make(&films::film(name, CODING), &[Spec::MediaInfo, BIF]);
    }
    worker.make(&films::bytes("empty.mkv", b""), &[BIF]);
    assert_eq!(open(), before);
}

#[test]
fn a_person_who_starts_it_is_told_what_it_is() {
    let output =
        butler_fixtures::command(env!("CARGO_BIN_EXE_butler-worker")).stdin(Stdio::null()).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8(output.stderr).unwrap().contains("butler serve"));
}
