//! The slow mount, seen by other processes: a thread that waits on it would hang this one.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use butler_fixtures::{Signal, SlowMount, command, send, tempdir, wait_until};
use tempfile::TempDir;

fn folder() -> TempDir {
    let folder = tempdir().unwrap();
    fs::create_dir(folder.path().join("sub")).unwrap();
    fs::write(folder.path().join("sub/film"), vec![7; 300_000]).unwrap();
    for number in 0..500 {
        fs::write(folder.path().join(format!("file number {number}")), b"x").unwrap();
    }
    folder
}

fn reader(program: &str, path: &Path) -> Child {
    command(program).arg(path).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn it_shows_what_is_below_and_many_calls_are_under_way_at_once() {
    let folder = folder();
    let Some(mount) = SlowMount::if_possible(folder.path(), Duration::from_millis(1)).unwrap() else {
        return;
    };
    assert_eq!(fs::read(mount.path().join("sub/film")).unwrap(), vec![7; 300_000]);
    assert_eq!(fs::read_dir(mount.path()).unwrap().count(), 501);
    assert_eq!(fs::read(mount.path().join("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
    assert!(fs::write(mount.path().join("new"), b"").is_err());
    mount.freeze();
    let readers: Vec<Child> =
        (0..40).map(|number| reader("cat", &mount.path().join(format!("file number {number}")))).collect();
    wait_until("all of them are under way", || mount.held() == 40).unwrap();
    mount.thaw();
    assert!(readers.into_iter().all(|mut reader| reader.wait().unwrap().success()));
}

#[test]
fn whoever_waits_on_it_while_it_is_frozen_goes_on_when_it_thaws_and_can_be_killed() {
    let folder = folder();
    let Some(mount) = SlowMount::if_possible(folder.path(), Duration::ZERO).unwrap() else { return };
    let film = mount.path().join("sub/film");
    mount.freeze_reads();
    assert_eq!(fs::metadata(&film).unwrap().len(), 300_000);
    mount.freeze();
    let mut killed = reader("cat", &film);
    wait_until("it waits", || mount.held() > 0).unwrap();
    send(killed.id(), Signal::KILL).unwrap();
    assert!(!killed.wait().unwrap().success());
    let mut again = reader("cat", &film);
    wait_until("it waits", || mount.held() > 0).unwrap();
    mount.thaw();
    assert!(again.wait().unwrap().success());
}

#[test]
fn it_goes_when_it_is_dropped_even_frozen_and_deaf_and_waited_on() {
    let folder = folder();
    let Some(mount) = SlowMount::if_possible(folder.path(), Duration::ZERO).unwrap() else { return };
    let point = mount.path().to_owned();
    mount.deaf();
    mount.freeze();
    let mut waiter = reader("cat", &point.join("sub/film"));
    wait_until("it waits", || mount.held() > 0).unwrap();
    drop(mount);
    assert!(!waiter.wait().unwrap().success());
    assert!(!point.exists() && !is_mounted(&point));
}

fn is_mounted(point: &Path) -> bool {
    fs::read_to_string("/proc/mounts").unwrap().contains(&format!(" {} ", point.display()))
}
