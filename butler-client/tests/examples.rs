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
fn every_operation_of_the_public_api_has_an_example() {
    let listing = include_str!("../public-api.txt");
    let calls = listing.lines().filter_map(|line| line.strip_prefix("pub async fn butler_client::"));
    let sources = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap();
    let sources = sources.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let sources: Vec<String> = sources.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let mut lacking = Vec::new();
    let calls: Vec<&str> = calls.filter_map(|call| call.split('(').next()?.rsplit("::").next()).collect();
    // The stream's own stands with what begins it.
    for name in calls.iter().filter(|name| **name != "connect") {
        let head = format!("    pub async fn {name}(");
        // What stands above its head, back to the end of what is before it.
        let above = sources.iter().find_map(|source| source.split_once(&head)).map(|(above, _)| above);
        let doc =
            above.unwrap_or_default().lines().rev().take_while(|line| line.trim_start().starts_with("///"));
        if !doc.into_iter().any(|line| line.contains("```")) {
            lacking.push(*name);
        }
    }
    assert!(calls.len() > 40 && lacking.is_empty(), "{lacking:?}");
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
