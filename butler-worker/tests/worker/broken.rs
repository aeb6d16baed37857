//! Broken media by the dozen, or by the thousand: each ends as a result or a clear failure, and the worker
//! lives on.
//!
//! `BUTLER_BROKEN_FILES` sets how many, `BUTLER_BROKEN_SEED` which; `BUTLER_BROKEN_ONLY=mp4-lie-7` takes one
//! of them alone.

use std::fs;
use std::path::{Path, PathBuf};

use butler_fixtures::{Broken, Corpus, endless_jpeg};
use butler_product::bif::Params;
use butler_product::channel::ChannelError;
use butler_product::message::{FromWorker, Limits, Order};
use butler_product::{FailureClass, Spec};

use crate::films;
use crate::process::{BIF, Worker, order};

/// CPU time from which on a case is told of, clock ticks of a hundredth of a second. How much is too much
/// hangs on the machine; what is without end the worker's own limits end.
const WORTH_A_WORD: u64 = 100;

#[test]
fn each_broken_file_ends_as_a_result_or_a_clear_failure() {
    let number =
        |variable: &str, usual: usize| std::env::var(variable).map_or(usual, |given| given.parse().unwrap());
    let (count, seed) = (number("BUTLER_BROKEN_FILES", 80), number("BUTLER_BROKEN_SEED", 7) as u64);
    let only = std::env::var("BUTLER_BROKEN_ONLY").ok();
    let folder = butler_fixtures::tempdir().unwrap();
    let bait = folder.path().join("bait.mkv");
    let corpus = Corpus::open(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("broken"), &bait).unwrap();
    let cases: Vec<Broken> = match only {
        Some(name) => vec![corpus.case(seed, &name).unwrap()],
        None => corpus.cases(seed, count).map(Result::unwrap).collect(),
    };
    let mut worker = Worker::start();
    let mut troubles = Vec::new();
    let (mut made, mut failed) = (0, 0);
    for case in &cases {
        let path: PathBuf = folder.path().join(case.file_name());
        fs::write(&path, &case.bytes).unwrap();
        let before = ticks(worker.id());
        let (outcome, end) = worker.try_make(
            &path,
            &[
                Spec::MediaInfo,
                BIF,
                Spec::ChapterThumbs,
                Spec::Loudness,
                Spec::Chroma,
                Spec::Voice,
                Spec::BlurHash,
                Spec::Sonic,
            ],
        );
        let cost = if end.is_ok() { ticks(worker.id()) - before } else { 0 };
        if end.is_err() {
            worker = Worker::start();
        }
        if cost > WORTH_A_WORD {
            println!(
                "{}: {cost} ticks, {} of {} bytes read",
                case.name,
                outcome.bytes_read,
                case.bytes.len()
            );
        }
        for (want, answer) in outcome.answers.iter().enumerate() {
            match answer {
                Some(Ok(_)) => made += 1,
                Some(Err(failure))
                    if failure.class == FailureClass::Content && failure.sentence.ends_with('.') =>
                {
                    failed += 1
                }
                // Who falls has not answered; who gives a file up has.
                other => troubles.push(format!("{}: want {want}: {other:?}, {end:?}", case.name)),
            }
        }
        fs::remove_file(&path).unwrap();
    }
    println!("seed {seed}: {} files, {made} products, {failed} failures", cases.len());
    assert_eq!(troubles, Vec::<String>::new());
}

#[test]
fn a_picture_that_would_keep_its_reader_busy_for_minutes_is_given_up_with_a_sentence() {
    // Two minutes of a machine of 2026: none is so fast that it is done before it is looked at, twice in a
    // second.
    let film = films::bytes("endless.avi", &endless_jpeg(40_000));
    let worker = Worker::start();
    let limits = Limits { max_fruitless_ms: 100, ..Limits::default() };
    worker.order(
        &film,
        &Order { limits, threads: 1, ..order(&film, &[BIF, Spec::Bif(Params::new(500, 160).unwrap())]) },
    );
    let mut failed = Vec::new();
    // It says why of each want, and goes: the library that it is in stops for nobody.
    let end = loop {
        match worker.hear() {
            Ok(FromWorker::Failed { want, failure, .. }) => {
                failed.push((want, failure.class, failure.sentence))
            }
            Ok(FromWorker::Progress { .. }) => {}
            other => break other,
        }
    };
    let sentence = "The file is damaged in a way that would keep its reader busy without end.".to_owned();
    assert_eq!(failed, [0, 1].map(|want| (want, FailureClass::Content, sentence.clone())));
    assert!(matches!(end, Err(ChannelError::Closed)), "{end:?}");
}

/// CPU time that a process has used.
fn ticks(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
    [11, 12].into_iter().filter_map(|at| fields.get(at)?.parse::<u64>().ok()).sum()
}
