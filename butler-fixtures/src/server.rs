//! The real `butler` as a running executable, on a free loopback port, with a data folder that the caller
//! keeps.
//!
//! Never looks inside the server: what it knows comes from its ready line, its files `token` and `address`,
//! its HTTP doors and its process. Every process that it starts is ended by its own id.
//!
//! Start with [`Server::start`].

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

use crate::command;

mod asking;

pub use asking::Part;

/// What the server's one line on its standard output begins with.
const READY: &str = "Butler is ready at http://";

/// How long a server may take to get ready, and a state to come true.
const PATIENCE: Duration = Duration::from_secs(90);

/// How long a killed server is waited for.
const LAST_PATIENCE: Duration = Duration::from_secs(10);

/// How long to sleep between two looks at a state.
const PAUSE: Duration = Duration::from_millis(20);

/// A running server; killed when it is dropped, and when its test is.
#[derive(Debug)]
pub struct Server {
    child: Child,
    executable: PathBuf,
    data_dir: PathBuf,
    zone: String,
    log: PathBuf,
    address: String,
    token: String,
}

impl Server {
    /// Starts `executable` (a test's `env!("CARGO_BIN_EXE_butler")`) over a data folder, which it makes, and
    /// waits until it is ready. `butler-worker` must lie beside it. Where it runs it is past noon: no window
    /// opens by itself.
    pub fn start(executable: &Path, data_dir: &Path) -> Result<Self> {
        Self::start_with(executable, data_dir, &[])
    }

    /// The same, with further arguments.
    pub fn start_with(executable: &Path, data_dir: &Path, arguments: &[&str]) -> Result<Self> {
        Self::start_by(executable, data_dir, |command| _ = command.args(arguments))
    }

    /// The same in a time zone of the IANA's (`Europe/Berlin`), by a clock that begins at the moment `at` and
    /// that [`Self::set_clock`] drives.
    pub fn start_at(
        executable: &Path,
        data_dir: &Path,
        at: &str,
        zone: &str,
        arguments: &[&str],
    ) -> Result<Self> {
        let arguments: Vec<&str> =
            ["--drive-clock", at].into_iter().chain(arguments.iter().copied()).collect();
        Self::start_in(executable, data_dir, zone, |command| _ = command.args(arguments))
    }

    /// The same, with whatever else is changed of the command that starts it. Its standard output has to
    /// stay: it says when the server is ready.
    pub fn start_by(executable: &Path, data_dir: &Path, change: impl FnOnce(&mut Command)) -> Result<Self> {
        Self::start_in(executable, data_dir, &noon_zone()?, change)
    }

    /// Kills it, does something meanwhile, and starts it again where it was.
    pub fn restarted(self, meanwhile: impl FnOnce() -> Result<()>) -> Result<Self> {
        let (executable, data_dir, zone) =
            (self.executable.clone(), self.data_dir.clone(), self.zone.clone());
        let address = self.address.clone();
        self.kill()?;
        meanwhile()?;
        Self::start_on(&address, &executable, &data_dir, &zone, |_| {})
    }

    fn start_in(
        executable: &Path,
        data_dir: &Path,
        zone: &str,
        change: impl FnOnce(&mut Command),
    ) -> Result<Self> {
        Self::start_on("127.0.0.1:0", executable, data_dir, zone, change)
    }

    fn start_on(
        listen: &str,
        executable: &Path,
        data_dir: &Path,
        zone: &str,
        change: impl FnOnce(&mut Command),
    ) -> Result<Self> {
        let worker = executable.with_file_name("butler-worker");
        ensure!(
            worker.is_file(),
            "`{}` is not built; run `cargo build --workspace`, or `./test`",
            worker.display()
        );
        fs::create_dir_all(data_dir)?;
        let log = data_dir.with_extension("log");
        let stderr = File::options().create(true).append(true).open(&log)?;
        let mut command = command(executable);
        command.arg("serve").arg("--data-dir").arg(data_dir).args(["--listen", listen]);
        command.env_remove("BUTLER_TOKEN").env_remove("BUTLER_URL").env("TZ", zone);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr);
        change(&mut command);
        let mut child =
            command.spawn().with_context(|| format!("could not start `{}`", executable.display()))?;
        let address = match ready_line(&mut child) {
            Ok(address) => address,
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                bail!("{error}; its log says:\n{}", tail(&log));
            }
        };
        let mut server = Self {
            child,
            executable: executable.to_owned(),
            data_dir: data_dir.to_owned(),
            zone: zone.to_owned(),
            log,
            address,
            token: String::new(),
        };
        let token = fs::read_to_string(data_dir.join("token"))
            .context("the server is ready and has written no `token`")?;
        token.trim().clone_into(&mut server.token);
        Ok(server)
    }

    /// Its address and port: `127.0.0.1:40123`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its URL, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The admin's token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Its data folder.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Its whole log so far.
    pub fn log(&self) -> String {
        fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// The last lines of its log.
    pub fn log_tail(&self) -> String {
        tail(&self.log)
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The process ids of its children, its workers that is.
    pub fn worker_pids(&self) -> Vec<u32> {
        let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
        let pids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
        pids.filter(|pid| parent(*pid) == Some(self.pid())).collect()
    }

    /// Kills one of its workers with SIGKILL; says whether there was one.
    pub fn kill_a_worker(&self) -> bool {
        self.worker_pids().first().is_some_and(|pid| send(*pid, Signal::KILL).is_ok())
    }

    /// Sends all of its workers a signal: `Signal::STOP`, `Signal::CONT`. One that ends at this moment needs
    /// none.
    pub fn signal_workers(&self, signal: Signal) -> Result<()> {
        let sent = self.worker_pids().into_iter().map(|pid| (pid, send(pid, signal)));
        sent.into_iter().filter(|(pid, _)| parent(*pid).is_some()).try_for_each(|(_, sent)| sent)
    }

    /// Kills it with SIGKILL, as a power cut would, and waits until it and its workers are gone.
    pub fn kill(mut self) -> Result<()> {
        let workers = self.worker_pids();
        self.child.kill()?;
        self.child.wait()?;
        // Workers die with their server: that is a promise, and a restart must not meet them.
        wait_until("the killed server's workers are gone", || {
            !workers.iter().any(|pid| parent(*pid).is_some())
        })
    }

    /// Asks it to stop, with `Signal::TERM` or `Signal::INT`, and waits for its end, which it gives.
    pub fn stop(mut self, signal: Signal) -> Result<ExitStatus> {
        send(self.pid(), signal)?;
        self.end(|_| {})
    }

    /// Waits until it has ended by itself, and gives its end; until then it is asked for something again and
    /// again.
    pub fn end(&mut self, mut ask: impl FnMut(&Self)) -> Result<ExitStatus> {
        let mut status = None;
        wait_until("the server has ended", || {
            ask(self);
            status = self.child.try_wait().ok().flatten();
            status.is_some()
        })
        .with_context(|| self.log_tail())?;
        status.context("the server has no exit status")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        // Not for ever: a thread of it may sit on a mount that the test lets go only after this.
        let deadline = Instant::now() + LAST_PATIENCE;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            std::thread::sleep(PAUSE);
        }
        if std::thread::panicking() {
            show_log(&self.log);
        }
    }
}

#[expect(clippy::print_stderr, reason = "a test that fails shows what its server said")]
fn show_log(log: &Path) {
    eprintln!("--- the server's log ends so:\n{}---", tail(log));
}

/// Waits until a state is there, looking again and again; an error after 90 seconds. `what` says what is
/// waited for.
pub fn wait_until(what: &str, mut state: impl FnMut() -> bool) -> Result<()> {
    let start = Instant::now();
    while !state() {
        ensure!(start.elapsed() < PATIENCE, "waited {} s in vain until {what}", PATIENCE.as_secs());
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

/// The zone in which it is between twelve and one by day now.
fn noon_zone() -> Result<String> {
    let hour = i64::try_from(UNIX_EPOCH.elapsed()?.as_secs() / 3_600 % 24)?;
    // These names count to the west.
    Ok(format!("Etc/GMT{:+}", hour - 12))
}

/// Reads the ready line and gives the address in it. What follows is read and dropped, lest the pipe fill.
fn ready_line(child: &mut Child) -> Result<String> {
    let stdout = child.stdout.take().context("the server has no standard output")?;
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    let line = match receiver.recv_timeout(PATIENCE) {
        Ok(line) => line,
        Err(mpsc::RecvTimeoutError::Timeout) => bail!("the server said nothing for {} s", PATIENCE.as_secs()),
        Err(mpsc::RecvTimeoutError::Disconnected) => bail!("the server ended before it was ready"),
    };
    let address = line
        .strip_prefix(READY)
        .with_context(|| format!("the server's first line is no ready line: {line}"))?;
    Ok(address.trim().trim_end_matches('/').to_owned())
}

/// The id of a process' parent, none if it is gone or dead and not yet collected.
fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in brackets, may hold anything: count from its end.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    if fields.next()? == "Z" {
        return None;
    }
    fields.next()?.parse().ok()
}

/// Sends a signal to a process that the caller started.
///
/// # Errors
/// If there is no such process.
pub fn send(pid: u32, signal: Signal) -> Result<()> {
    let pid = Pid::from_raw(i32::try_from(pid)?).context("0 is no process id")?;
    kill_process(pid, signal)?;
    Ok(())
}

fn tail(log: &Path) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(6000)..]).into_owned()
}
