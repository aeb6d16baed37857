//! Things that stop answering: a worker, a file that is no file, a file that changes under its reader, a
//! mount that freezes in the middle of a scan or of a film, and what pages say of it.
//!
//! Never waits for the two minutes that a user's server is patient: these servers are so for two seconds.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::Duration;

use butler_fixtures::{Folders, Server, Signal, SlowMount, Stage, age, wait_until};
use serde_json::Value;

use super::{completed, small_films, stage};

const BIF: &str = "GenerateMediaIndexFiles";

/// An impatient server with a section of the stage's films that has been scanned.
fn scanned(stage: &Stage) -> (Server, String) {
    let server = stage.impatient_server().unwrap();
    let section = server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    completed(&server, "RefreshLibraries");
    (server, section)
}

/// The run at its end, which has to be a good one.
fn ended(server: &Server, run: &Value) -> Value {
    let run = server.wait_for_run(run, |run| run["ended_at"].is_string()).unwrap();
    assert_eq!(run["state"], "completed", "{run:#}");
    run
}

#[test]
fn a_worker_that_stops_in_the_middle_of_a_film_is_killed_and_the_film_is_done_by_another() {
    let Some(frozen) = Frozen::new(1) else { return };
    let server = frozen.server();
    completed(&server, "RefreshLibraries");
    frozen.mount.freeze_reads();
    let run = server.start_task(BIF).unwrap();
    wait_until("a worker reads the film", || frozen.mount.held() > 0).unwrap();
    let stopped = server.worker_pids();
    server.signal_workers(Signal::STOP).unwrap();
    frozen.mount.thaw();
    assert_eq!(ended(&server, &run)["failures"], 0);
    assert_eq!((previews(&server, "1"), previews(&server, "2")), ((2, 2), (1, 1)));
    assert!(stopped.iter().any(|pid| !server.worker_pids().contains(pid)), "the one with the film is gone");
}

#[test]
fn what_has_a_films_name_and_is_no_file_is_never_opened() {
    let stage = stage();
    let films = stage.add_movies(&small_films(3)).unwrap();
    let movies = stage.folders.movies();
    make("mkfifo", &[], &movies.join("Pipe (1990).mkv"));
    fs::create_dir(movies.join("Folder (1991).mkv")).unwrap();
    let _socket = UnixListener::bind(movies.join("Socket (1992).mkv")).unwrap();
    // Only root may make one.
    make("mknod", &["c", "1", "5"], &movies.join("Device (1993).mkv"));
    let (server, section) = scanned(&stage);
    assert_eq!(server.parts(&section).unwrap().len(), 3);

    // They take the places of films that were scanned.
    for (path, program, arguments) in [(&films[0], "mkfifo", &[][..]), (&films[1], "mkfifo", &[][..])] {
        fs::remove_file(path).unwrap();
        make(program, arguments, path);
    }
    let run = completed(&server, BIF);
    assert_eq!((&run["done"], &run["failures"]), (&3.into(), &2.into()), "{run:#}");
    for failure in server.failures().unwrap() {
        assert_eq!(
            (&failure["class"], &failure["error"]),
            (&"source".into(), &"It is no regular file any more.".into()),
            "{failure:#}"
        );
    }
    completed(&server, "RefreshLibraries");
}

/// Makes a node by a program of the system's.
fn make(program: &str, arguments: &[&str], path: &Path) {
    butler_fixtures::command(program).arg(path).args(arguments).output().unwrap();
}

#[test]
fn a_film_that_shrinks_or_grows_while_it_is_read_is_the_sources_failure_and_harms_nobody() {
    let stage = stage();
    let films = stage.add_movies(&small_films(3)).unwrap();
    // A patient one: its workers are only held until the films are changed.
    let (server, section) = super::scanned(&stage);
    let workers = server.worker_pids();
    server.signal_workers(Signal::STOP).unwrap();
    let run = server.start_task(BIF).unwrap();
    server
        .wait_for_run(&run, |run| run["live"]["files"].as_array().is_some_and(|files| !files.is_empty()))
        .unwrap();
    let films_in_hand: Vec<String> =
        server.get_json(&format!("/api/v1/runs/{run}")).unwrap()["live"]["files"]
            .as_array()
            .unwrap()
            .iter()
            .map(|file| file.as_str().unwrap().to_owned())
            .collect();
    for (place, path) in films.iter().enumerate() {
        let file = File::options().write(true).open(path).unwrap();
        match place {
            0 => file.set_len(3_000).unwrap(),
            1 => file.write_all_at(b"more", fs::metadata(path).unwrap().len()).unwrap(),
            _ => {}
        }
    }
    server.signal_workers(Signal::CONT).unwrap();
    let run = ended(&server, &run);
    assert_eq!(run["failures"], 2, "{films_in_hand:?}: {run:#}");
    assert!(
        server.failures().unwrap().iter().all(|failure| failure["class"] == "source"),
        "{:#?}",
        server.failures().unwrap()
    );
    let previews = server.parts(&section).unwrap().iter().filter(|part| part.has_preview).count();
    assert_eq!(previews, 1);
    assert!(workers.iter().all(|pid| server.worker_pids().contains(pid)), "a worker fell over it");

    films.iter().for_each(|path| age(path).unwrap());
    completed(&server, "RefreshLibraries");
}

/// A section on a mount that can freeze, beside one that is always there.
struct Frozen {
    stage: Stage,
    mount: SlowMount,
}

impl Frozen {
    /// None where this machine can't mount.
    fn new(films: u32) -> Option<Self> {
        let stage = stage();
        stage.add_movies(&small_films(2)).unwrap();
        let far = Folders::new(&stage.spare_dir().join("far"));
        for (name, film) in small_films(films + 2).into_iter().skip(2) {
            far.add_movie(&name, &stage.film(&film).unwrap()).unwrap();
        }
        let mount = SlowMount::if_possible(&far.movies(), Duration::from_millis(1)).unwrap()?;
        Some(Self { stage, mount })
    }

    fn server(&self) -> Server {
        let server = self.stage.impatient_server().unwrap();
        server.add_section("movie", "Movies", &self.stage.folders.movies()).unwrap();
        server.add_section("movie", "Far", self.mount.path()).unwrap();
        server
    }
}

/// How many films of a section have a preview, of how many.
fn previews(server: &Server, section: &str) -> (usize, usize) {
    let parts = server.parts(section).unwrap();
    (parts.iter().filter(|part| part.has_preview).count(), parts.len())
}

#[test]
fn a_mount_that_freezes_in_the_middle_of_a_scan_holds_up_nothing_else_and_is_scanned_when_it_is_back() {
    let Some(frozen) = Frozen::new(6) else { return };
    let server = frozen.server();
    frozen.mount.freeze_reads();
    let run = server.start_task("RefreshLibraries").unwrap();
    wait_until("the scan reads a film", || frozen.mount.held() > 0).unwrap();
    frozen.mount.freeze();
    let run = server.wait_for_run(&run, |run| run["ended_at"].is_string()).unwrap();
    assert_eq!(run["state"], "completed", "{run:#}");
    assert!(
        run.to_string().contains(&frozen.mount.path().display().to_string()),
        "the run says what is away: {run:#}"
    );
    // What is elsewhere is there, and is worked on.
    assert_eq!(previews(&server, "1"), (0, 2));
    completed(&server, BIF);
    assert_eq!(previews(&server, "1"), (2, 2));
    assert_eq!(server.get("/healthz").unwrap().status, 200);
    let stopped = server.stop(Signal::TERM).unwrap();
    assert!(stopped.success(), "{stopped:?}");

    frozen.mount.thaw();
    let server = frozen.stage.impatient_server().unwrap();
    completed(&server, "RefreshLibraries");
    completed(&server, BIF);
    assert_eq!((previews(&server, "1"), previews(&server, "2")), ((2, 2), (6, 6)));

    // Now that they are known: what does not answer is not gone.
    frozen.mount.freeze();
    let run = server.start_task("RefreshLibraries").unwrap();
    server.wait_for_run(&run, |run| run["ended_at"].is_string()).unwrap();
    assert_eq!((previews(&server, "1"), previews(&server, "2")), ((2, 2), (6, 6)));
}

/// A page, as a browser gets it that was signed in with `cookie`.
fn page(server: &Server, cookie: &str, path: &str) -> String {
    let ask = server.anonymous("GET", path).header("Accept", "text/html").header("Cookie", cookie);
    let answer = ask.send().unwrap();
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.text()
}

#[test]
fn pages_wait_for_no_folder_that_hangs_and_say_what_was_not_looked_at_yet() {
    let Some(frozen) = Frozen::new(1) else { return };
    let mut server = frozen.server();
    let code = server.post("/api/v1/sign-in").unwrap().json().unwrap()["path"].as_str().unwrap().to_owned();
    let opened = server.anonymous("GET", &code).header("Accept", "text/html").send().unwrap();
    let cookie = opened.header("set-cookie").split(';').next().unwrap().to_owned();
    frozen.mount.freeze();
    // Its look is given up after seconds. A page that waited for that would never show this, not one time.
    let mut is_shown = false;
    for _ in 0..5 {
        server = server.restarted(|| Ok(())).unwrap();
        is_shown |= page(&server, &cookie, "/health").contains("not looked at yet");
    }
    assert!(is_shown, "the page waited for a folder that hangs");
    for path in ["/", "/sections", "/health"] {
        let told = || page(&server, &cookie, path).contains("It does not answer. What it held is kept");
        wait_until(&format!("{path} tells which folder is away"), told).unwrap();
    }
    let health = page(&server, &cookie, "/health");
    assert!(health.contains("</i>there") && !health.contains("not looked"), "{health}");
    frozen.mount.thaw();
    wait_until("the folder is back", || page(&server, &cookie, "/health").contains("All is well.")).unwrap();
}

#[test]
fn a_mount_that_freezes_in_the_middle_of_a_film_costs_no_film() {
    let Some(frozen) = Frozen::new(3) else { return };
    let server = frozen.server();
    completed(&server, "RefreshLibraries");
    frozen.mount.freeze_reads();
    let run = server.start_task(BIF).unwrap();
    wait_until("a worker reads a film", || frozen.mount.held() > 0).unwrap();
    frozen.mount.freeze();
    let run = ended(&server, &run);
    assert_eq!(run["failures"], 0, "what is away has not failed: {run:#}\n{:#?}", server.failures().unwrap());
    assert!(
        run.to_string().contains(&frozen.mount.path().display().to_string()),
        "the run says what is away: {run:#}"
    );
    assert_eq!((previews(&server, "1"), previews(&server, "2")), ((2, 2), (0, 3)));

    // Again while it is away, and a stop in the middle of it.
    let again = server.start_task(BIF).unwrap();
    assert!(server.delete(&format!("/butler/{BIF}")).unwrap().status < 500);
    server.wait_for_run(&again, |run| run["ended_at"].is_string()).unwrap();
    frozen.mount.thaw();
    wait_until("the mount is believed again", || {
        completed(&server, BIF);
        previews(&server, "2") == (3, 3)
    })
    .unwrap();
    let stopped = server.stop(Signal::TERM).unwrap();
    assert!(stopped.success(), "{stopped:?}");
}

#[test]
fn a_worker_that_can_not_be_killed_is_left_behind() {
    let Some(frozen) = Frozen::new(1) else { return };
    let server = frozen.server();
    completed(&server, "RefreshLibraries");
    frozen.mount.deaf();
    frozen.mount.freeze_reads();
    let run = server.start_task(BIF).unwrap();
    wait_until("a worker reads the film", || frozen.mount.held() > 0).unwrap();
    let workers = server.worker_pids();
    let run = ended(&server, &run);
    assert_eq!(run["failures"], 0, "{run:#}");
    assert_eq!((previews(&server, "1"), previews(&server, "2")), ((2, 2), (0, 1)));
    // Killed and not gone: one of its threads sits in the kernel.
    let is_stuck = |pid: &u32| {
        fs::read_to_string(format!("/proc/{pid}/stat"))
            .is_ok_and(|stat| stat.contains(") Z ") || stat.contains(") D "))
    };
    let stuck: Vec<u32> = workers.into_iter().filter(is_stuck).collect();
    assert!(!stuck.is_empty(), "nothing kills it while its read is under way");

    frozen.mount.thaw();
    wait_until("it is gone, and its remains are collected", || {
        !stuck.iter().any(|pid| Path::new(&format!("/proc/{pid}")).exists())
    })
    .unwrap();
}
