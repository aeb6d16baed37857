//! A mount that is slow on purpose, and that can stop answering: a folder shown once more, read-only, through
//! FUSE, where every call takes a given time, many at once, and where calls can be held until they are let
//! go.
//!
//! Never changes the folder below it. However a test ends, the mount goes with it: a process of its own
//! (`slow-mount`) answers the calls, so that who waits on one can be killed even while the test is, and the
//! test's guard unmounts what is left.
//!
//! A thread that waits on a held call hangs, and with it whoever waits for the thread: let other processes do
//! it, who are killed when the test ends. Start with [`SlowMount::if_possible`]; the process is in
//! `slow_mount/server.rs`.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::{command, tempdir};

mod answers;
mod server;
mod words;

pub use server::serve as serve_slow_mount;

/// The executable that answers the calls.
const PROGRAM: &str = "slow-mount";
/// Its first line once the folder is mounted.
const READY: &str = "ready";
/// What its first line begins with where this machine or user can't mount at all.
const UNABLE: &str = "unable: ";

/// A slow mount; it goes when it is dropped, whoever still waits on it.
#[derive(Debug)]
pub struct SlowMount {
    process: Child,
    /// None once it is to end.
    orders: Mutex<Option<Orders>>,
    point: TempDir,
}

/// The way to the process: a line there, a line back.
#[derive(Debug)]
struct Orders {
    there: ChildStdin,
    back: BufReader<ChildStdout>,
}

impl SlowMount {
    /// Shows the folder `below` at a place of its own, where every call takes `delay`; nothing where this
    /// machine has no FUSE or this user may not mount, and standard error says so.
    ///
    /// # Errors
    /// If it fails for any other reason.
    #[expect(clippy::print_stderr, reason = "a test that is left out says why")]
    pub fn if_possible(below: &Path, delay: Duration) -> Result<Option<Self>> {
        let point = tempdir()?;
        let mut program = command(program()?);
        program.arg(below).arg(point.path()).arg(delay.as_micros().to_string());
        let mut process = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (there, back) = (process.stdin.take(), process.stdout.take());
        let mut orders =
            Orders { there: there.context("no input")?, back: BufReader::new(back.context("no output")?) };
        let first = orders.line()?;
        // From here on a failure unmounts by dropping this.
        let mount = Self { process, orders: Mutex::new(Some(orders)), point };
        match (first.as_str(), first.strip_prefix(UNABLE)) {
            (READY, _) => Ok(Some(mount)),
            (_, Some(why)) => {
                eprintln!("left out: it needs FUSE and the right to mount ({why})");
                Ok(None)
            }
            _ => bail!("the slow mount did not start: {first}"),
        }
    }

    /// Where the folder is shown.
    pub fn path(&self) -> &Path {
        self.point.path()
    }

    /// Holds every call from now on, those in hand too.
    pub fn freeze(&self) {
        self.ask("hold all");
    }

    /// Holds every read of a file's content from now on; all else is answered.
    pub fn freeze_reads(&self) {
        self.ask("hold reads");
    }

    /// Lets nobody be killed who waits on a held call, as a broken disk does; the test's own process alone
    /// still can be.
    pub fn deaf(&self) {
        self.ask("deaf");
    }

    /// Answers what is held, and all that comes.
    pub fn thaw(&self) {
        self.ask("hold none");
    }

    /// How many calls are held now.
    pub fn held(&self) -> u64 {
        self.ask("held")
    }

    /// How many calls were answered so far.
    pub fn answered(&self) -> u64 {
        self.ask("answered")
    }

    fn ask(&self, order: &str) -> u64 {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let answer =
            orders.as_mut().and_then(|orders| orders.ask(order).ok()).and_then(|line| line.parse().ok());
        answer.unwrap_or_else(|| panic!("the slow mount's process does not answer `{order}`"))
    }
}

impl Orders {
    fn ask(&mut self, order: &str) -> Result<String> {
        writeln!(self.there, "{order}")?;
        self.line()
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        ensure!(self.back.read_line(&mut line)? > 0, "the slow mount's process has ended");
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for SlowMount {
    fn drop(&mut self) {
        // Its input's end has it unmount by force and end.
        *self.orders.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let _ = self.process.wait();
    }
}

/// Where cargo put the executable: beside the folder of the tests' and benches' own.
fn program() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let beside = own.ancestors().skip(1).take(2).map(|folder| folder.join(PROGRAM));
    beside.into_iter().find(|program| program.is_file()).with_context(|| {
        format!("`{PROGRAM}` is not built; run `cargo build -p butler-fixtures`, or `./test`")
    })
}
