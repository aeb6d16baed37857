//! What a server was given by whoever started it: standard streams that are gone or stand still, descriptors
//! left open, a data folder that others may read, a time zone that there is not.

use std::fs::{self, File, Permissions};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use butler_fixtures::{Server, Signal, wait_until};
use rustix::io::{FdFlags, fcntl_setfd};

use super::{completed, small_films, stage};

/// A server that logs much and can't write a line of it works all the same.
fn works_with_its_log_at(stderr: Stdio) {
    let stage = stage();
    stage.add_movies(&small_films(1)).unwrap();
    let server = stage.server_by(|command| _ = command.stderr(stderr).env("BUTLER_LOG", "trace")).unwrap();
    let section = server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    for _ in 0..200 {
        assert_eq!(server.get("/healthz").unwrap().status, 200);
    }
    completed(&server, "RefreshLibraries");
    completed(&server, "GenerateMediaIndexFiles");
    assert!(server.parts(&section).unwrap()[0].has_preview);
    assert!(server.stop(Signal::TERM).unwrap().success());
}

#[test]
fn a_log_whose_reader_is_gone_is_lost_and_nothing_else() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    works_with_its_log_at(writer.into());
}

#[test]
fn a_log_on_a_full_disk_is_lost_and_nothing_else() {
    works_with_its_log_at(File::options().write(true).open("/dev/full").unwrap().into());
}

#[test]
fn a_log_whose_reader_stands_still_holds_nothing_up() {
    let (_reader, writer) = std::io::pipe().unwrap();
    works_with_its_log_at(writer.into());
}

/// A process that goes with the test, however that ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_server_whose_standard_output_is_gone_gets_ready_all_the_same() {
    let stage = stage();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = butler_fixtures::command(env!("CARGO_BIN_EXE_butler"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(stage.data_dir());
    command.env_remove("BUTLER_TOKEN").stdin(Stdio::null()).stdout(writer).stderr(Stdio::null());
    let mut server = Running(command.spawn().unwrap());
    let address = || fs::read_to_string(stage.data_dir().join("address")).ok();
    let identity = |url: &str| {
        butler_fixtures::Request::new(url.trim().trim_start_matches("http://"), "GET", "/identity").send()
    };
    wait_until("it answers", || {
        address().is_some_and(|url| identity(&url).is_ok_and(|answer| answer.status == 200))
    })
    .unwrap();
    butler_fixtures::send(server.0.id(), Signal::TERM).unwrap();
    assert!(server.0.wait().unwrap().success());
}

/// What the open descriptors of a process are.
fn open_files(pid: u32) -> Vec<PathBuf> {
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    descriptors.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok()).collect()
}

#[test]
fn a_worker_has_no_descriptor_but_those_that_it_was_given() {
    let stage = stage();
    let path = stage.spare_dir().join("not for workers");
    let open = File::create(&path).unwrap();
    // As a shell's `exec 7<file` leaves it: whatever is executed has it, too.
    fcntl_setfd(&open, FdFlags::empty()).unwrap();
    let server = stage.server().unwrap();
    assert!(open_files(server.pid()).contains(&path), "the server was given descriptor {}", open.as_raw_fd());
    wait_until("a worker has introduced itself", || {
        server.get_json("/healthz").is_ok_and(|health| health["sandbox"] != "unknown")
    })
    .unwrap();
    let workers = server.worker_pids();
    assert!(!workers.is_empty());
    for worker in workers {
        let open = open_files(worker);
        let is_ours =
            |path: &Path| path == Path::new("/dev/null") || path == server_log(&server) || is_socket(path);
        assert!(open.iter().all(|path| is_ours(path)), "{open:?}");
    }
}

/// Where a test's server logs to; a worker has it for its last words.
fn server_log(server: &Server) -> PathBuf {
    server.data_dir().with_extension("log")
}

fn is_socket(path: &Path) -> bool {
    path.to_string_lossy().starts_with("socket:")
}

/// All that lies in a folder, and the folder.
fn all_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let within = entries.flat_map(|path| if path.is_dir() { all_in(&path) } else { vec![path] });
    within.chain([folder.to_owned()]).collect()
}

#[test]
fn what_the_data_folder_holds_is_its_owners_alone_also_where_it_was_not() {
    let stage = stage();
    stage.add_movies(&small_films(1)).unwrap();
    let data = stage.data_dir();
    fs::create_dir_all(data.join("blobs")).unwrap();
    fs::write(data.join("lock"), b"").unwrap();
    fs::write(data.join("butler.db"), b"").unwrap();
    for (path, mode) in [
        (data.clone(), 0o777),
        (data.join("blobs"), 0o755),
        (data.join("lock"), 0o644),
        (data.join("butler.db"), 0o666),
    ] {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }
    let server = stage.server().unwrap();
    server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    completed(&server, "RefreshLibraries");
    completed(&server, "GenerateMediaIndexFiles");
    completed(&server, "BackupDatabase");
    for path in all_in(&data) {
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode & 0o077, 0, "`{}` has mode {mode:o}", path.display());
    }
}

#[test]
fn a_zone_that_there_is_not_is_told_in_the_log_and_by_the_servers_health() {
    let stage = stage();
    let server = stage.server_by(|command| _ = command.env("TZ", "Mars/Olympus")).unwrap();
    let health = server.get_json("/healthz").unwrap();
    let checks = health["checks"].as_array().unwrap();
    let zone = checks.iter().find(|check| check["name"] == "zone").unwrap();
    assert!(zone["message"].as_str().unwrap().contains("no time zone `Mars/Olympus`"), "{health:#}");
    assert_eq!(health["status"], "degraded");
    wait_until("the log has it, too", || server.log().contains("no time zone `Mars/Olympus`")).unwrap();
}
