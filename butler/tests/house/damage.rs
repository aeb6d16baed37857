//! A page of the database that is damaged: what would copy or change it refuses, and tells it everywhere; and
//! a good copy is found behind damaged ones.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use butler_fixtures::{Server, Signal, wait_until};
use rusqlite::Connection;
use serde_json::Value;

use super::{completed, ended, forced, names, of_day, on_folder, stage};

/// All that the server's stream of notifications tells, as it comes.
fn listen(server: &Server) -> Arc<Mutex<String>> {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let (address, token) = (server.address(), server.token());
    write!(
        stream,
        "GET /:/eventsource/notifications HTTP/1.1\r\nHost: {address}\r\nX-Plex-Token: {token}\r\n\r\n"
    )
    .unwrap();
    let told = Arc::new(Mutex::new(String::new()));
    let all = Arc::clone(&told);
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            all.lock().unwrap().push_str(&line);
        }
    });
    wait_until("it listens", || told.lock().unwrap().contains("200 OK")).unwrap();
    told
}

/// Values that only a check of the whole database reads, of a server that does not run.
fn fill(data_dir: &Path) {
    let connection = Connection::open(data_dir.join("butler.db")).unwrap();
    let fill = "WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many LIMIT 40) \
                INSERT INTO settings (id, value) SELECT 'filling-' || n, hex(zeroblob(50000)) FROM many";
    connection.execute(fill, []).unwrap();
}

#[test]
fn a_damaged_page_is_refused_by_optimise_and_backup_and_told_by_run_health_and_notification() {
    let stage = stage();
    let data = stage.data_dir();
    stage.server().unwrap().stop(Signal::TERM).unwrap();
    fill(&data);
    let server = stage.server().unwrap();
    completed(&server, "BackupDatabase");
    let check = || {
        let health = server.get_json("/healthz").unwrap();
        let checks = health["checks"].as_array().unwrap().clone();
        checks.into_iter().find(|check| check["name"] == "database")
    };
    completed(&server, "OptimizeDatabase");
    assert_eq!(check(), None);
    let database = fs::File::options().write(true).open(data.join("butler.db")).unwrap();
    let pages = database.metadata().unwrap().len() / 4_096;
    database.write_all_at(&[0xA5; 4_096], pages / 2 * 4_096).unwrap();
    let told = listen(&server);
    for (task, title) in [("OptimizeDatabase", "Optimize Database"), ("BackupDatabase", "Backup Database")] {
        let run = ended(&server, &forced(&server, task));
        assert_eq!(run["state"], "failed", "{run:#}");
        let reason = run["reason"].as_str().unwrap();
        assert!(
            reason.contains("damaged") && reason.contains("`butler backup restore --newest`"),
            "{reason}"
        );
        let notified = || {
            let told = told.lock().unwrap();
            told.contains(&format!("{title} failed")) && told.contains("backup restore --newest")
        };
        wait_until("it is told", notified).unwrap();
    }
    assert!(check().unwrap()["message"].as_str().unwrap().contains("damaged"));
    assert_eq!(names(&data.join("backups")).len(), 1, "no copy of it is made, and none goes");

    // What it says to do is the way out.
    server.stop(Signal::TERM).unwrap();
    let (code, words) = on_folder(&data, &["backup", "restore", "--newest"]);
    assert_eq!(code, Some(0), "{words}");
    let server = stage.server().unwrap();
    completed(&server, "OptimizeDatabase");
    completed(&server, "BackupDatabase");
    let health = server.get_json("/healthz").unwrap();
    assert!(!health["checks"].to_string().contains("damaged"), "{health:#}");
}

#[test]
fn the_one_good_copy_is_found_behind_four_damaged_ones_and_no_backup_drops_it() {
    let stage = stage();
    let data = stage.data_dir();
    let folder = data.join("backups");
    fs::create_dir_all(stage.folders.movies()).unwrap();
    let server = stage.server().unwrap();
    server.add_section("movie", "Good", &stage.folders.movies()).unwrap();
    completed(&server, "BackupDatabase");
    let good = of_day(&folder.join(&names(&folder)[0]), "2001-01-01");
    let bytes = fs::read(&good).unwrap();
    let mut holed = bytes.clone();
    holed[bytes.len() / 2..].fill(0xA5);
    let damaged = [bytes[..bytes.len() / 3].to_vec(), holed, Vec::new(), b"no database".repeat(1_000)];
    for (day, content) in (1..).zip(&damaged) {
        fs::write(folder.join(format!("butler.db-2999-01-0{day}")), content).unwrap();
    }
    // Three further copies are made: by their names they are older than the damaged ones.
    for day in 2..5 {
        let run = completed(&server, "BackupDatabase");
        assert!(good.exists(), "{run:#}");
        assert_eq!(run["failures"], 4, "each damaged one is named: {run:#}");
        of_day(Path::new(run["report"][0]["value"].as_str().unwrap()), &format!("2001-01-0{day}"));
    }
    let verified = server.butler_json(&["--data-dir", data.to_str().unwrap(), "backup", "list"]).unwrap();
    let sound = verified.as_array().unwrap().iter().filter(|copy| copy["is_sound"] == Value::Bool(true));
    assert_eq!(sound.count(), 4, "{verified:#}");
    let other = stage.spare_dir().join("other");
    fs::create_dir(&other).unwrap();
    server.add_section("movie", "Later", &other).unwrap();
    server.stop(Signal::TERM).unwrap();
    let (code, words) = on_folder(&data, &["backup", "restore", "--newest"]);
    assert!(code == Some(0) && words.matches("Passed over").count() == 4, "{words}");
    let server = stage.server().unwrap();
    let sections = server.butler_json(&["sections", "list"]).unwrap();
    assert_eq!(sections.as_array().unwrap().len(), 1, "{sections:#}");
}
