//! The command line against a Plex Media Server, by the stand-in that is made of what is known of one.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Instant;

use butler_fixtures::plex::Plex;
use butler_fixtures::stand_in::{Reply, Request, StandIn};
use butler_fixtures::wait_until;
use serde_json::json;

use super::starts::interrupt;
use super::{TOKEN, butler, said, said_json};

const LOUDNESS: &str = "media.generate.loudness";

fn at(plex: &Plex, arguments: &[&str]) -> Command {
    let mut command = butler(arguments);
    command.env("BUTLER_URL", plex.url()).env("BUTLER_TOKEN", TOKEN);
    command
}

/// A command that goes on, and its lines as they come.
fn going_on(mut command: Command) -> (Child, BufReader<ChildStdout>) {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    (child, stdout)
}

/// The next line that holds a word.
fn line_with(stdout: &mut impl BufRead, word: &str) -> String {
    loop {
        let mut line = String::new();
        assert!(stdout.read_line(&mut line).unwrap() > 0, "the command ended before a line with `{word}`");
        if line.contains(word) {
            return line;
        }
    }
}

fn listens(plex: &Plex) {
    wait_until("the command listens", || plex.listeners() > 0).unwrap();
}

/// Waits until a watch has looked: what begins from now on is seen to begin.
fn has_looked(plex: &Plex) {
    let asks_tasks = || plex.asked().iter().any(|request| request.line == "GET /butler");
    wait_until("the watch has looked", asks_tasks).unwrap();
}

#[test]
fn tasks_settings_and_sections_are_shown_and_changed() {
    let plex = Plex::start();
    let (code, stdout, _) = said(at(&plex, &["tasks"]));
    assert!(code == 0 && stdout.contains("BackupDatabase           3 days  yes"), "{stdout}");
    let (code, stdout, _) = said(at(&plex, &["settings"]));
    assert!(code == 0 && stdout.contains("ButlerStartHour           2"), "{stdout}");
    let (code, stdout, _) = said(at(&plex, &["settings", "butlerstarthour"]));
    let expect = "ButlerStartHour = 2\nTime at which tasks start to run. The time at which the server starts \
                  running background maintenance tasks.\n";
    assert!(code == 0 && stdout.starts_with(expect) && stdout.contains("2             2 am"), "{stdout}");
    assert_eq!(said(at(&plex, &["settings", "ButlerStartHour", "1"])).0, 0);
    assert_eq!(said(at(&plex, &["settings", "--reset", "ButlerTaskBackupDatabase"])).0, 0);
    assert_eq!(plex.changed(), ["ButlerStartHour=1", "ButlerTaskBackupDatabase=1"]);
    let (code, _, stderr) = said(at(&plex, &["settings", "ButlerStartHou"]));
    assert!(code == 4 && stderr.contains("Did you mean `ButlerStartHour`?"), "{stderr}");
    let (code, sections) = said_json(at(&plex, &["sections", "list", "--json"]));
    assert_eq!((code, &sections[0]["folders"]), (0, &json!(["/media/films"])));
}

#[test]
fn what_a_plex_media_server_lacks_is_said() {
    let plex = Plex::start();
    for (arguments, lacks) in [
        (["runs"].as_slice(), "has no runs: it is no Butler"),
        (&["failures"], "has no failures"),
        (&["plan"], "has no plan of the nights ahead"),
        (&["night"], "has no report of its last night"),
        (&["pause"], "has no pauses"),
        (&["page"], "has no pages for people"),
        (&["start", "BackupDatabase", "--dry-run"], "has no plan of a task"),
        (&["runs", "7"], "has no runs"),
        (&["failures", "--retry", "7"], "has no failures"),
        (&["remake", "7"], "has no way to have products made anew"),
        (&["tags", "write", "7"], "has no gain tags of music files"),
    ] {
        let (code, _, stderr) = said(at(&plex, arguments));
        assert!(
            code == 1 && stderr.contains(lacks) && stderr.contains("Hint: A Plex"),
            "{arguments:?} {stderr}"
        );
    }
}

#[test]
fn the_window_is_that_of_its_settings() {
    let plex = Plex::start();
    let (code, stdout, stderr) = said(at(&plex, &["window"]));
    let expect = "Maintenance from 02:00 to 05:00 by the server's own clock; by this machine's it is ";
    assert!(stdout.starts_with(expect) && stderr.is_empty(), "{stdout} {stderr}");
    assert_eq!(code, if stdout.contains("it is open now") { 0 } else { 3 });
    let (json_code, window) = said_json(at(&plex, &["window", "--json"]));
    assert_eq!((&window["start_hour"], &window["end_hour"]), (&json!(2), &json!(5)));
    assert_eq!(json_code, if window["open"] == json!(true) { 0 } else { 3 });
}

#[test]
fn a_token_that_it_does_not_take_is_looked_for_where_it_keeps_one() {
    let plex = Plex::start();
    let mut wrong = at(&plex, &["tasks"]);
    wrong.env("BUTLER_TOKEN", "wrong");
    let (code, _, stderr) = said(wrong);
    assert!(code == 5 && stderr.contains("`PlexOnlineToken` in its Preferences.xml"), "{stderr}");
}

#[test]
fn waiting_ends_when_the_activities_of_the_task_do() {
    let plex = Plex::start();
    // One that goes on since before, and is still there at the end.
    plex.begin(LOUDNESS, "Older");
    let command = at(&plex, &["start", "LoudnessAnalysis", "--wait"]);
    let (mut child, mut stdout) = going_on(command);
    line_with(&mut stdout, "The server took the request");
    let download = plex.begin("media.download", "Downloading");
    let [first, second] = ["One", "Two"].map(|title| plex.begin(LOUDNESS, title));
    plex.end(&first);
    plex.end(&download);
    plex.advance(&second, 40, "Show E S01 E05");
    plex.end(&second);
    assert_eq!(line_with(&mut stdout, "One"), "One: ended at 0 %.\n");
    assert_eq!(line_with(&mut stdout, "Two"), "Two: ended at 40 %.\n");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(plex.asked().iter().filter(|one| one.line.starts_with("POST")).count(), 1);
}

#[test]
fn a_watch_shows_its_activities_until_ctrl_c() {
    let plex = Plex::start();
    let (mut child, mut stdout) = going_on(at(&plex, &["watch"]));
    listens(&plex);
    let uuid = plex.begin(LOUDNESS, "Generating loudness data");
    line_with(&mut stdout, "Generating loudness data: 0 %");
    plex.advance(&uuid, 50, "Show E S01 E05");
    line_with(&mut stdout, "Generating loudness data: 50 %, Show E S01 E05");
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    // One question, and news from then on.
    assert_eq!(plex.asked().iter().filter(|one| one.line == "GET /activities").count(), 1);
}

#[test]
fn a_watch_that_begins_while_only_a_gateway_answers_waits_for_the_server() {
    // What other commands meet there is told as a server that is away.
    let plex = Plex::start();
    plex.gateway(Some(404));
    let (code, _, stderr) = said(at(&plex, &["tasks"]));
    assert!(code == 5 && stderr.contains("answers 404"), "{stderr}");
    for status in [404, 502, 503] {
        let plex = Plex::start();
        plex.gateway(Some(status));
        let mut command = at(&plex, &["watch"]);
        command.stderr(Stdio::piped());
        let (mut child, mut stdout) = going_on(command);
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let sentence = line_with(&mut stderr, "It is waited for.");
        assert!(sentence.contains(&format!("answers {status}")), "{sentence}");
        plex.gateway(None);
        listens(&plex);
        plex.begin(LOUDNESS, "Generating loudness data");
        line_with(&mut stdout, "Generating loudness data: 0 %");
        interrupt(&child);
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
}

/// A watch that keeps a record.
fn recording(plex: &Plex, file: &Path) -> (Child, BufReader<ChildStdout>) {
    going_on(at(plex, &["watch", "--record", file.to_str().unwrap()]))
}

#[test]
fn a_record_outlives_the_watch_and_the_server() {
    let folder = butler_fixtures::tempdir().unwrap();
    let file = folder.path().join("night.db");
    // Of an address at which no other test takes the port meanwhile.
    let plex = Plex::start_at("127.83.0.4:0");
    let address = plex.url().replace("http://", "");

    let (mut child, mut stdout) = recording(&plex, &file);
    has_looked(&plex);
    let film = plex.begin("media.generate.bif", "Generating previews");
    plex.advance(&film, 10, "Heat");
    plex.advance(&film, 60, "Alien");
    line_with(&mut stdout, "Alien");
    let (code, _, stderr) = said(at(&plex, &["watch", "--record", file.to_str().unwrap()]));
    assert!(code == 1 && stderr.contains("Another `butler watch` writes into"), "{stderr}");
    // The watch dies, and meanwhile one thing ends and another begins.
    child.kill().unwrap();
    child.wait().unwrap();
    plex.end_silently(&film);
    let night = plex.begin(LOUDNESS, "Generating loudness data");

    let (mut child, mut stdout) = recording(&plex, &file);
    line_with(&mut stdout, "Generating previews ended while nobody saw it.");
    line_with(&mut stdout, "Generating loudness data goes on since before.");
    plex.advance(&night, 30, "Show E S01 E05");
    plex.end(&night);
    line_with(&mut stdout, "Generating loudness data ends.");
    // The server dies, and comes again.
    drop(plex);
    let plex = Plex::start_at(&address);
    // Once it is told of, by a look or by notifications, whatever comes is seen from its begin.
    let probe = plex.begin("probe", "Probe");
    line_with(&mut stdout, "Probe");
    plex.advance(&probe, 100, "");
    plex.end(&probe);
    line_with(&mut stdout, "Probe ends.");
    let backup = plex.begin("butler", "Backup");
    plex.advance(&backup, 100, "");
    plex.end(&backup);
    line_with(&mut stdout, "Backup ends.");
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(0));

    let (code, nights) = said_json(butler(&["runs", "--json", "--record", file.to_str().unwrap()]));
    assert_eq!(code, 0);
    let spans: Vec<_> =
        nights.as_array().unwrap().iter().flat_map(|one| one["spans"].as_array().unwrap()).collect();
    let shown: Vec<String> = spans
        .iter()
        .filter(|one| one["title"] != "Probe")
        .map(|one| format!("{} {} {} {}", one["title"], one["saw_begin"], one["saw_end"], one["things"]))
        .collect();
    assert_eq!(
        shown,
        [
            r#""Generating previews" true false ["Heat","Alien"]"#,
            r#""Generating loudness data" false true ["Show E S01 E05"]"#,
            r#""Backup" true true []"#,
        ]
    );
    let (code, stdout, _) = said(butler(&["runs", "--record", file.to_str().unwrap()]));
    for words in
        ["Night to ", "1 stopped before the end", "unseen at 60 %", "stopped at 30 %", "Heat and 1 more", "█"]
    {
        assert!(code == 0 && stdout.contains(words), "no `{words}`: {stdout}");
    }
}

/// The lines that were asked for so far which begin so.
fn asked(lines: &[Request], begin: &str) -> usize {
    lines.iter().filter(|request| request.line.starts_with(begin)).count()
}

#[test]
fn a_server_that_tells_nothing_by_itself_is_asked_now_and_then_and_a_person_is_told() {
    let folder = butler_fixtures::tempdir().unwrap();
    let file = folder.path().join("night.db");
    // Its gateway refuses sockets, and answers for whatever it doesn't know with the page of its portal.
    let server = StandIn::start(|request| match request.line.split('?').next().unwrap_or_default() {
        "GET /identity" => Reply::json(
            200,
            r#"{"MediaContainer":{"size":0,"claimed":true,"machineIdentifier":"a","version":"1.43"}}"#,
        ),
        "GET /activities" => Reply::json(200, r#"{"MediaContainer":{"size":0}}"#),
        "GET /butler" => Reply::json(200, r#"{"ButlerTasks":{}}"#),
        "GET /:/websockets/notifications" => Reply::page(404, "Not Found"),
        _ => Reply::new(200, "text/html", "", "<html><body>portal</body></html>"),
    });
    let mut command = super::at(&server, &["watch", "--record", file.to_str().unwrap()]);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    line_with(&mut stderr, "The server tells nothing by itself: it is asked every 10 s.");
    wait_until("it is looked at", || asked(&server.asked(), "GET /butler") > 0).unwrap();
    assert_eq!(asked(&server.asked(), "GET /:/eventsource"), 1, "{:?}", server.asked());
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_server_whose_connections_break_is_not_asked_for_its_tasks_each_time() {
    let folder = butler_fixtures::tempdir().unwrap();
    let plex = Plex::start();
    let begun = Instant::now();
    let (child, _) = recording(&plex, &folder.path().join("night.db"));
    has_looked(&plex);
    for round in 1..=3 {
        wait_until("the watch listens", || plex.listeners() > 0).unwrap();
        plex.drop_listeners();
        let looks = || asked(&plex.asked(), "GET /activities") > round;
        wait_until("the watch looks again", looks).unwrap();
    }
    let at_most = 1 + usize::try_from(begun.elapsed().as_secs() / 60).unwrap();
    assert!(asked(&plex.asked(), "GET /butler") <= at_most, "{:?}", plex.asked());
    interrupt(&child);
    let mut child = child;
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// The history of a file, for programs.
fn nights(file: &Path) -> serde_json::Value {
    said_json(butler(&["runs", "--json", "--record", file.to_str().unwrap()])).1
}

#[test]
fn a_record_outlives_what_a_gateway_answers_for_a_server_that_is_away() {
    let folder = butler_fixtures::tempdir().unwrap();
    let file = folder.path().join("night.db");
    let plex = Plex::start();
    let (mut child, mut stdout) = recording(&plex, &file);
    for status in [404, 403, 400, 500, 502] {
        has_looked(&plex);
        listens(&plex);
        let title = format!("Before {status}");
        let uuid = plex.begin(LOUDNESS, &title);
        line_with(&mut stdout, &title);
        plex.gateway(Some(status));
        let asked = plex.asked().len();
        // Notifications are tried for again, and, once these are refused, looks.
        wait_until("the watch has met the gateway", || plex.asked().len() > asked + 2).unwrap();
        plex.end_silently(&uuid);
        plex.gateway(None);
        line_with(&mut stdout, &format!("{title} ended while nobody saw it."));
        wait_until("the watch listens again", || plex.listeners() > 0).unwrap();
    }
    // A watch that begins while only the gateway is there waits too, for it goes on with a history.
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    plex.gateway(Some(404));
    let asked = plex.asked().len();
    let (mut child, mut stdout) = recording(&plex, &file);
    wait_until("the watch has met the gateway", || plex.asked().len() > asked).unwrap();
    plex.gateway(None);
    listens(&plex);
    plex.begin(LOUDNESS, "After");
    line_with(&mut stdout, "After");
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_record_says_of_which_section_and_which_switch_was_flipped_while_it_watched() {
    let folder = butler_fixtures::tempdir().unwrap();
    let file = folder.path().join("night.db");
    let plex = Plex::start();
    let (mut child, mut stdout) = recording(&plex, &file);
    has_looked(&plex);
    let backup = plex.begin("butler", "Backup");
    // As a server does: the section comes some time after the begin.
    line_with(&mut stdout, "Backup begins.");
    plex.locate(&backup, "12");
    plex.advance(&backup, 100, "library.db");
    plex.switch("BackupDatabase", false);
    let lists = || plex.asked().iter().filter(|request| request.line == "GET /butler").count();
    let before = lists();
    plex.end(&backup);
    line_with(&mut stdout, "Backup ends.");
    wait_until("the list of tasks was asked for", || lists() > before).unwrap();
    plex.begin(LOUDNESS, "Loudness");
    line_with(&mut stdout, "Loudness begins.");
    let shown = || said(butler(&["runs", "--record", file.to_str().unwrap()])).1;
    assert!(shown().contains("goes on at 0 %"), "{}", shown());
    wait_until("the switch is in the file", || nights(&file)[0]["changes"] != json!([])).unwrap();
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(0));

    let night = &nights(&file)[0];
    assert_eq!(night["spans"][0]["section"], json!("12"));
    assert_eq!(
        (&night["changes"][0]["task"], &night["changes"][0]["enabled"]),
        (&json!("BackupDatabase"), &json!(false))
    );
    // What was open when the watch ended has an end that nobody saw.
    let shown = shown();
    for words in ["SECTION", "  12  ", "BackupDatabase was found off", "unseen at 0 %"] {
        assert!(shown.contains(words), "no `{words}`: {shown}");
    }
    assert!(!shown.contains("goes on"), "{shown}");
}

#[test]
fn a_record_that_is_none_is_said_to_be_none() {
    let folder = butler_fixtures::tempdir().unwrap();
    let missing = folder.path().join("missing.db");
    let (code, _, stderr) = said(butler(&["runs", "--record", missing.to_str().unwrap()]));
    assert!(
        code == 4 && stderr.contains("There is no file") && stderr.contains("watch --record"),
        "{stderr}"
    );
    let away = folder.path().join("away/night.db");
    let plex = Plex::start();
    for command in [
        butler(&["runs", "--record", away.to_str().unwrap()]),
        at(&plex, &["watch", "--record", away.to_str().unwrap()]),
    ] {
        let (code, _, stderr) = said(command);
        let expect = format!("Error: There is no folder `{}`.\n", folder.path().join("away").display());
        assert!(code == 4 && stderr.starts_with(&expect), "{stderr}");
    }
    let letter = folder.path().join("letter.txt");
    std::fs::write(&letter, "Dear Sir or Madam").unwrap();
    assert_eq!(said(butler(&["runs", "--record", letter.to_str().unwrap()])).0, 1);
    let mut wrong = at(&plex, &["watch", "--record", missing.to_str().unwrap()]);
    wrong.env("BUTLER_TOKEN", "wrong");
    assert_eq!(said(wrong).0, 5);
}
