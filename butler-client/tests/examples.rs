//! The programs in `examples/` do what they say, against the stand-in for a Plex Media Server. Cargo builds
//! them with the tests of the crate; which one this test started is where that puts them.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use butler_fixtures::plex::{Plex, TOKEN};
use butler_fixtures::wait_until;

fn example(plex: &Plex, name: &str) -> Command {
    let tests = std::env::current_exe().unwrap();
    let programs = tests.parent().unwrap().parent().unwrap().join("examples");
    let mut command = butler_fixtures::command(programs.join(name));
    command.env("PLEX_URL", plex.url()).env("PLEX_TOKEN", TOKEN).stdin(Stdio::null());
    command
}

/// What an example that ends prints.
fn printed(plex: &Plex, name: &str, arguments: &[&str]) -> String {
    let output = example(plex, name).args(arguments).output().unwrap();
    assert!(output.status.success(), "{name} {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_five_operations_print_what_became_of_them() {
    let plex = Plex::start();
    let tasks = printed(&plex, "tasks", &[]);
    assert!(tasks.starts_with("BackupDatabase ") && tasks.contains("every 3 days, on\n"), "{tasks}");
    let took = "The server took the request; a Plex Media Server says no more.\n";
    assert_eq!(printed(&plex, "start", &[]), took);
    assert_eq!(printed(&plex, "start", &["BackupDatabase"]), "It runs already.\n");
    assert_eq!(printed(&plex, "start", &["BrewCoffee"]), "The server has no task `BrewCoffee`.\n");
    assert_eq!(printed(&plex, "stop", &[]), "BackupDatabase stops.\n");
    assert_eq!(printed(&plex, "stop", &[]), "BackupDatabase does not run, or there is no such task.\n");
    assert_eq!(printed(&plex, "start_all", &[]), took);
    assert_eq!(printed(&plex, "stop_all", &[]), took);
    #[cfg(feature = "blocking")]
    assert!(printed(&plex, "blocking", &[]).starts_with("BackupDatabase\n"));
}

#[test]
fn what_goes_on_prints_what_the_server_tells() {
    for (name, begun, over) in [
        ("notifications", "Started: Backup (0 %)\n", "Ended: Backup (0 %)\n"),
        ("watch", "1 activities: Backup\n", "0 activities: \n"),
    ] {
        let plex = Plex::start();
        let mut child = example(&plex, name).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = || {
            let mut line = String::new();
            stdout.read_line(&mut line).unwrap();
            line
        };
        wait_until("the example listens", || plex.listeners() > 0).unwrap();
        if name == "watch" {
            assert_eq!(line(), over, "at its first look");
        }
        let uuid = plex.begin("butler", "Backup");
        assert_eq!(line(), begun);
        plex.end(&uuid);
        assert_eq!(line(), over);
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
