//! Killed at any moment: what a row speaks of is there, and what no row speaks of is swept.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use butler_library::{Library, MadeProduct, Published, PublishedUnit};
use butler_product::{Fingerprint, ProductKind, Spec, bif};

use crate::world::{World, at, bif_value, content};

const CHILD: &str = "BUTLER_TEST_PUBLISH_IN";

/// Publishes the BIF of each source over and over, as fast as it can, until it is killed. Only a child
/// process does.
#[test]
fn child_that_publishes() {
    let Ok(data_dir) = std::env::var(CHILD) else { return };
    let library = Library::open(Path::new(&data_dir)).unwrap();
    library.check_blobs(None, &|| false).unwrap();
    println!("ready");
    let lacks = library
        .lacks(
            &Spec::MediaInfo,
            &butler_library::Scope {
                section: None,
                needs: butler_product::Traits::CONTENT,
                switch: None,
                only: None,
                versions: butler_library::Versions::Usable,
            },
            at(0),
            true,
        )
        .unwrap();
    for round in 0..u32::MAX {
        let spec = Spec::Bif(bif::Params { interval_ms: 1_000 + round, width: 320 });
        for lack in &lacks {
            publish(&library, lack.source, lack.fingerprint, &spec);
        }
    }
}

fn publish(library: &Library, source: butler_library::SourceId, made_from: Fingerprint, spec: &Spec) {
    let staged = library.blobs().staged().unwrap();
    let bytes = vec![7; 50_000];
    bytes.chunks(1_000).for_each(|piece| staged.file().write_all(piece).unwrap());
    let blob = staged.publish(&spec.blob_name(made_from), 50_000).unwrap();
    let product = MadeProduct { spec: spec.clone(), value: bif_value(), blob: Some(blob) };
    let unit = PublishedUnit {
        source,
        made_from,
        products: vec![product],
        failures: vec![],
        gains: vec![],
        cost: None,
        made_at: at(0),
    };
    assert_eq!(library.publish(unit).unwrap(), Published::Kept);
}

/// Starts a test of this executable as a process that works on a data folder, which the variable names to it,
/// and kills it so long after it has said that it is ready.
pub(crate) fn kill_child(test: &str, variable: &str, data_dir: &Path, delay: Duration) {
    let mut child = butler_fixtures::command(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(variable, data_dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("ready")), "the child ended by itself");
    std::thread::sleep(delay);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_kill_at_any_moment_leaves_a_sound_library_and_no_stray_file() {
    let world = World::new(butler_library::SectionKind::Movie);
    for name in ["a.mkv", "b.mkv", "c.mkv"] {
        world.write(name, &content(name, 100));
    }
    world.scan();
    let World { folder, library, .. } = world;
    let data_dir = library.data_dir().to_owned();
    drop(library);
    for moment in 0..12u64 {
        let delay = Duration::from_millis(3 + moment * moment);
        kill_child("kills::child_that_publishes", CHILD, &data_dir, delay);

        let library = Library::open(&data_dir).unwrap();
        library.assert_sound();
        library.check_blobs(None, &|| false).unwrap();
        // Whoever keeps house finds all of it unknown, and removes it after no time of grace.
        let garbage = library.blob_garbage(jiff::Timestamp::MAX, &mut || false).unwrap();
        garbage.new.iter().for_each(|stray| _ = library.remove_stray(stray).unwrap());
        let known = library
            .lacks(
                &Spec::MediaInfo,
                &butler_library::Scope {
                    section: None,
                    needs: butler_product::Traits::CONTENT,
                    switch: None,
                    only: None,
                    versions: butler_library::Versions::Usable,
                },
                at(0),
                true,
            )
            .unwrap();
        let rows = known
            .iter()
            .filter(|lack| library.product(lack.source, ProductKind::Bif).unwrap().is_some())
            .count();
        assert_eq!((files_below(&data_dir.join("blobs")), files_below(&data_dir.join("staging"))), (rows, 0));
    }
    drop(folder);
}

fn files_below(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { files_below(&path) } else { 1 }).sum()
}
