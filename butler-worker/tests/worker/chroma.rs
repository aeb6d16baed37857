//! Fingerprints are those of `fpcalc -raw`, and lie where they say.

use std::io::{Seek, SeekFrom};
use std::path::Path;

use butler_product::chroma::{ITEM_MS, Prints};
use butler_product::{Spec, Value};

use crate::films::other;
use crate::process::{Outcome, Worker};

/// Tones that change all the time.
const MUSIC: &str = "-f lavfi -i aevalsrc=0.3*sin(2*PI*(220+20*floor(mod(t*3\\,11)))*t)+\
                     0.2*sin(2*PI*(330+15*floor(mod(t*5\\,7)))*t):s=44100:d=";

fn made(outcome: Outcome) -> Prints {
    let Outcome { mut answers, mut outputs, .. } = outcome;
    let answer = answers.remove(0);
    let Some(Ok((Value::Chroma(summary), Some(_)))) = answer else { panic!("{answer:?}") };
    outputs[0].seek(SeekFrom::Start(0)).unwrap();
    let prints = Prints::read(&outputs[0]).unwrap();
    assert_eq!(*summary, prints.summary(summary.stream));
    prints
}

fn of(file: &Path) -> Prints {
    made(Worker::start().make(file, &[Spec::Chroma]))
}

fn by_fpcalc(file: &Path, seconds: u32) -> Vec<u32> {
    let mut command = butler_fixtures::command("fpcalc");
    let output = command.args(["-raw", "-length", &seconds.to_string()]).arg(file).output();
    let output = output.expect("fpcalc is not installed; run ./test");
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("FINGERPRINT=")).expect(&text);
    line.split(',').map(|item| item.parse().unwrap()).collect()
}

/// The share of bits that differ.
fn differing(one: &[u32], other: &[u32]) -> f64 {
    let bits: u32 = one.iter().zip(other).map(|(one, other)| (one ^ other).count_ones()).sum();
    f64::from(bits) / (one.len().min(other.len()) * 32) as f64
}

#[test]
fn the_first_part_is_fpcalcs_whatever_it_is_coded_in() {
    for (name, coding) in [
        ("chroma.flac", "-c:a flac"),
        ("chroma.mp3", "-c:a libmp3lame -b:a 128k"),
        ("chroma.opus", "-c:a libopus -b:a 96k -ar 48000 -ac 2"),
        ("chroma.m4a", "-c:a aac -ac 2"),
    ] {
        let file = other(name, &format!("{MUSIC}90 {coding}"));
        let (ours, theirs) = (of(&file), by_fpcalc(&file, 600));
        let items = &ours.parts[0].items;
        let share = differing(items, &theirs);
        println!("{name}: {} items, {} by fpcalc, {share:.4} of the bits differ", items.len(), theirs.len());
        assert!(items.len().abs_diff(theirs.len()) <= 1, "{name}");
        assert!(share < 0.02, "{name}: {share}");
    }
}

#[test]
fn the_last_part_is_that_of_its_own_place_and_a_short_file_has_both_over_all_of_it() {
    let file = other("chroma-long.flac", &format!("{MUSIC}720 -c:a flac"));
    let prints = of(&file);
    let [head, tail] = &prints.parts[..] else { panic!("{prints:?}") };
    assert_eq!((head.start_ms, tail.start_ms), (0, 270_000));
    let length = |items: usize, seconds: f64| (items as f64 * ITEM_MS / 1_000.0 - seconds).abs() < 4.0;
    assert!(length(head.items.len(), 600.0) && length(tail.items.len(), 450.0));
    // Where both cover the same time they are alike, to the step between their items.
    let at = (270_000.0 / ITEM_MS).round() as usize;
    let share = differing(&head.items[at + 20..], &tail.items[20..]);
    assert!(share < 0.2, "{share}");
    let short = of(&other("chroma-short.flac", &format!("{MUSIC}60 -c:a flac")));
    assert_eq!(short.parts.iter().map(|part| part.start_ms).collect::<Vec<_>>(), [0, 0]);
    assert_eq!(short.parts[0].items, short.parts[1].items);
}

#[test]
fn too_little_sound_has_a_fingerprint_without_items() {
    let prints = of(&other("chroma-moment.flac", &format!("{MUSIC}1 -c:a flac")));
    assert!(prints.parts.iter().all(|part| part.items.is_empty()), "{prints:?}");
}
