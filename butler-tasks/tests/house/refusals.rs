//! What the system refuses is a sentence, and no failed run. The tests may be root's, whom no mode stops: so
//! a child process without any capability does it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use butler_api::TaskName::{ButlerTaskCleanSupplementalLogFiles, CleanOldCacheFiles, GarbageCollectBlobs};
use jiff::Timestamp;

use crate::world::{Told, World, counted, day};

const CHILD: &str = "BUTLER_TEST_WITHOUT_RIGHTS";

/// Only a child process does.
#[test]
fn child_without_rights() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let mut world = World::new(1);
    world.set("ButlerBlobGraceDays", "0");
    let held = ["cache/held/old", "blobs/held/stray"].map(|name| world.own(name, 5, Timestamp::UNIX_EPOCH));
    let free = ["cache/old", "blobs/stray"].map(|name| world.own(name, 5, Timestamp::UNIX_EPOCH));
    let log = world.own("logs/butler.log-2027-01-01", 5, day(-1));
    let folders: Vec<PathBuf> =
        held.iter().chain([&log]).map(|path| path.parent().unwrap().to_owned()).collect();
    let set_mode = |mode: u32| {
        folders
            .iter()
            .for_each(|folder| fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap());
    };
    set_mode(0o500);
    for task in [CleanOldCacheFiles, GarbageCollectBlobs, ButlerTaskCleanSupplementalLogFiles] {
        let told = Told::default();
        let report = world.run_by(&task, day(0), None, &told).unwrap();
        let failed = told.failed.into_inner().unwrap();
        assert_eq!(failed.len(), 1, "{task}: {failed:?}");
        let sentence = &failed[0].1;
        assert!(sentence.contains("can't be") && sentence.ends_with('.'), "{sentence}");
        let facts = report.into_facts();
        let named = facts.iter().find(|fact| fact.label == "not done").unwrap();
        assert!(named.value.as_str().unwrap().ends_with(sentence), "{named:?}");
        let removed = counted(&facts, "removed");
        assert_eq!(removed, u64::from(task != ButlerTaskCleanSupplementalLogFiles), "the others go on");
    }
    set_mode(0o700);
    assert!(held.iter().all(|path| path.exists()) && log.exists());
    assert!(free.iter().all(|path| !path.exists()));
}

#[test]
fn a_file_that_cannot_be_removed_is_one_sentence_and_the_run_goes_on() {
    let mut command = butler_fixtures::command("setpriv");
    command.args(["--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"]);
    command.arg(std::env::current_exe().unwrap());
    command.args(["--exact", "refusals::child_without_rights", "--nocapture"]).env(CHILD, "1");
    let mut output = command.output().unwrap();
    if !output.status.success() && String::from_utf8_lossy(&output.stderr).contains("setpriv:") {
        // Who is not root has no capabilities to lose.
        let mut command = butler_fixtures::command(std::env::current_exe().unwrap());
        command.args(["--exact", "refusals::child_without_rights", "--nocapture"]).env(CHILD, "1");
        output = command.output().unwrap();
    }
    let words = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&words));
}
