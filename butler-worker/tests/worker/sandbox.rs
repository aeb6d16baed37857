//! What must not be possible from inside a real worker.

use butler_product::message::{FromWorker, Probe, ToWorker};

use crate::films;
use crate::process::{BIF, Worker};

#[test]
fn every_probe_is_refused_and_the_worker_still_works() {
    let worker = Worker::start();
    for probe in Probe::ALL {
        worker.say(&ToWorker::Probe(probe));
        let FromWorker::Probed { probe: tried, refused } = worker.hear().unwrap() else {
            panic!("{probe:?} was not answered");
        };
        assert_eq!(tried, probe);
        let word = if probe == Probe::Allocate { "ENOMEM" } else { "EPERM" };
        assert_eq!(refused.as_deref(), Some(word), "{probe:?}");
    }
    worker.make(&films::film("h264.mkv", "-c:v libx264 -preset ultrafast -g 24"), &[BIF]).bif();
}

#[test]
fn the_hello_says_which_layers_hold_and_the_kernel_agrees() {
    let worker = Worker::start();
    let status = std::fs::read_to_string(format!("/proc/{}/status", worker.id())).unwrap();
    assert!(status.contains("NoNewPrivs:\t1"));
    assert!(status.contains("Seccomp:\t2"));
    assert!(
        worker.hello.sandbox.rlimits && worker.hello.sandbox.no_new_privs && worker.hello.sandbox.seccomp
    );
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", worker.id())).unwrap();
    assert!(limits.lines().any(|line| line.starts_with("Max core file size") && line.contains(" 0 ")));
}
