//! Rights that are taken away: one sentence that names the file, a run that goes on where it can, and all of
//! it done once they are back.
//!
//! The tests may be root's, whom no mode stops: so the server runs without any capability.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use butler_fixtures::Server;

use super::{completed, counted, ended, forced, names, of_day, old_file, stage};

/// A program that starts the server without any capability. Who is not root has none to lose.
fn without_rights(folder: &Path) -> PathBuf {
    let real = super::butler();
    let drop_all = "setpriv --inh-caps=-all --bounding-set=-all --no-new-privs";
    let able = butler_fixtures::command("sh").args(["-c", &format!("{drop_all} true")]).output().unwrap();
    let how = if able.status.success() { drop_all } else { "" };
    let bin = folder.join("bin");
    fs::create_dir(&bin).unwrap();
    symlink(real.with_file_name("butler-worker"), bin.join("butler-worker")).unwrap();
    let program = bin.join("butler");
    fs::write(&program, format!("#!/bin/sh\nexec {how} '{}' \"$@\"\n", real.display())).unwrap();
    fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    program
}

#[test]
fn what_may_not_be_written_or_removed_is_a_sentence_and_is_done_once_it_may() {
    let stage = stage();
    let data = stage.data_dir();
    for name in ["cache/held/old", "cache/old", "blobs/bif/held/stray", "blobs/bif/free/stray"] {
        old_file(&data.join(name), b"nobody's");
    }
    old_file(&data.join("logs/butler.log-2001-09-09"), b"old");
    let backups = stage.spare_dir().join("copies");
    fs::create_dir(&backups).unwrap();
    let server = Server::start(&without_rights(stage.spare_dir()), &data).unwrap();
    let settings = format!("ButlerDatabaseBackupPath={}&ButlerBlobGraceDays=0", backups.display());
    assert_eq!(server.put(&format!("/api/v1/settings?{settings}")).unwrap().status, 200);
    completed(&server, "BackupDatabase");
    of_day(&backups.join(&names(&backups)[0]), "2001-01-01");

    let held = [data.join("cache/held"), data.join("blobs/bif/held"), data.join("logs"), backups.clone()];
    let set_mode = |mode: u32| {
        held.iter().for_each(|folder| fs::set_permissions(folder, Permissions::from_mode(mode)).unwrap());
    };
    set_mode(0o500);
    let run = ended(&server, &forced(&server, "BackupDatabase"));
    let reason = run["reason"].as_str().unwrap().to_owned();
    assert!(
        run["state"] == "failed" && reason.contains("No backup was made") && reason.contains("ermission"),
        "{run:#}"
    );
    for (task, path, removed) in [
        ("CleanOldCacheFiles", "cache/held/old", 1),
        ("GarbageCollectBlobs", "blobs/bif/held/stray", 1),
        ("ButlerTaskCleanSupplementalLogFiles", "logs/butler.log-2001-09-09", 0),
    ] {
        let run = completed(&server, task);
        assert_eq!(counted(&run, "removed"), removed, "the others go on: {run:#}");
        assert!(run["failures"].as_u64().unwrap() >= 1 && data.join(path).exists(), "{run:#}");
        let (_, words) = super::said(&server, &["runs", &run["id"].to_string()]);
        assert!(words.contains("can't be"), "{words}");
    }
    assert_eq!(names(&backups).len(), 1, "what was there is there");

    set_mode(0o700);
    completed(&server, "BackupDatabase");
    assert_eq!(names(&backups).len(), 2);
    for task in ["CleanOldCacheFiles", "GarbageCollectBlobs", "ButlerTaskCleanSupplementalLogFiles"] {
        let run = completed(&server, task);
        assert_eq!((&run["failures"], counted(&run, "removed")), (&0.into(), 1), "{run:#}");
    }
}
