//! A process of tests that is killed leaves no process, no mount and no folder.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use butler_fixtures::{Signal, SlowMount, command, kept, send, tempdir, wait_until};

const CHILD: &str = "BUTLER_TEST_IS_KILLED_IN";

/// Has a folder, a process that outlasts any test, and a mount on which a thread and a process of it wait.
/// Only a child process does.
#[test]
#[expect(clippy::zombie_processes, reason = "whether the guard ends what nobody waits for is the question")]
fn child_that_is_killed() {
    let Ok(kept_in) = std::env::var(CHILD) else { return };
    let folder = tempdir().unwrap();
    fs::create_dir(folder.path().join("below")).unwrap();
    fs::write(folder.path().join("below/film"), b"film").unwrap();
    let sleeper = command("sleep").arg("3600").spawn().unwrap();
    let mount = SlowMount::if_possible(&folder.path().join("below"), Duration::ZERO).unwrap();
    let mut pids = vec![std::process::id(), sleeper.id()];
    if let Some(mount) = &mount {
        mount.deaf();
        mount.freeze();
        pids.push(command("cat").arg(mount.path().join("film")).spawn().unwrap().id());
        let other = mount.path().join("other film");
        std::thread::spawn(move || fs::read(other));
        // The other one may wait in the kernel, for its turn to look into the same folder.
        wait_until("one of them waits for the mount", || mount.held() > 0).unwrap();
    }
    println!(
        "made {} {}",
        folder.path().display(),
        pids.iter().map(u32::to_string).collect::<Vec<_>>().join(" ")
    );
    let never_whole = kept(Path::new(&kept_in).join("film"), |draft| {
        fs::write(draft, b"half")?;
        println!("ready");
        loop {
            std::thread::park();
        }
    });
    never_whole.unwrap();
}

#[test]
fn what_a_killed_test_made_and_started_goes_with_it() {
    let kept_in = tempdir().unwrap();
    let mut child = command(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_is_killed", "--nocapture"])
        .env(CHILD, kept_in.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: Vec<String> = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok)
        .take_while(|line| !line.contains("ready"))
        .collect();
    let made =
        lines.iter().find_map(|line| line.split_once("made ")).unwrap_or_else(|| panic!("{lines:?}")).1;
    let (folder, pids) = made.split_once(' ').unwrap();
    assert!(Path::new(folder).exists() && pids.split(' ').all(is_there), "{made}");
    send(child.id(), Signal::KILL).unwrap();
    child.wait().unwrap();
    wait_until("the processes are gone", || !pids.split(' ').any(is_there)).unwrap();
    // With the mount, which lies in it.
    let guarded = Path::new(folder).parent().unwrap();
    wait_until("the folder is gone", || !guarded.exists()).unwrap();
    assert!(!fs::read_to_string("/proc/mounts").unwrap().contains(guarded.to_str().unwrap()));
    assert_eq!(fs::read_dir(kept_in.path()).unwrap().count(), 0);
}

fn is_there(pid: &str) -> bool {
    Path::new("/proc").join(pid).exists()
}
