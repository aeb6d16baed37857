//! Ends and removes what tests leave behind, however they end: processes, mounts, folders.
//!
//! Never relies on a `drop`: a process that is killed runs none. One shell (`guard.sh`) stands beside each
//! process of tests, apart from its process group, so that what kills the tests spares it. It waits for the
//! end of a pipe that the tests' process holds. Then it kills its own group, which everything that
//! [`command`] starts joins at its birth, unmounts what is mounted below its folder, in which [`tempdir`]
//! makes all of its own, and removes that folder.
//!
//! Start with [`tempdir`] and [`command`].

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::LazyLock;

use anyhow::{Context, Result, anyhow, ensure};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, open};
use rustix::io::Errno;
use tempfile::TempDir;

/// This process' guard.
static GUARD: LazyLock<Result<Guard>> = LazyLock::new(Guard::start);

#[derive(Debug)]
struct Guard {
    /// The process group that is killed.
    group: i32,
    folder: PathBuf,
    /// Never closed by hand.
    _until_the_end: ChildStdin,
}

impl Guard {
    #[expect(clippy::disallowed_methods, reason = "it is what ends all others, and itself by its pipe")]
    fn start() -> Result<Self> {
        let mut shell = Command::new("sh");
        shell.args(["-c", include_str!("guard.sh")]).process_group(0).current_dir("/");
        let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let (stdin, stdout) = (shell.stdin.take(), shell.stdout.take());
        let mut line = String::new();
        BufReader::new(stdout.context("it has no output")?).read_line(&mut line)?;
        ensure!(line.ends_with('\n'), "it could make no folder");
        let folder = PathBuf::from(line.trim_end());
        Ok(Self {
            group: i32::try_from(shell.id())?,
            folder,
            _until_the_end: stdin.context("it has no input")?,
        })
    }

    fn of_this_process() -> Result<&'static Self> {
        GUARD.as_ref().map_err(|error| {
            anyhow!("the guard of this test's processes and folders did not start: {error:#}")
        })
    }
}

/// Makes a folder that goes when it is dropped, and however the test ends.
pub fn tempdir() -> Result<TempDir> {
    Ok(TempDir::new_in(&Guard::of_this_process()?.folder)?)
}

/// Begins to start a program whose process, with its children, is killed when the test has ended, however it
/// ends.
///
/// # Panics
/// If there is no shell to watch over it.
#[expect(clippy::disallowed_methods, reason = "this is where the others come from")]
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let guard = Guard::of_this_process().unwrap_or_else(|error| panic!("{error:#}"));
    let mut command = Command::new(program);
    // In a process group apart from the terminal's own, who asked that terminal for anything would be
    // stopped.
    command.process_group(guard.group).stdin(Stdio::null());
    command
}

/// The file `kept`, which stays from one run of tests to the next: made by `make` at another path with the
/// same name, unless it is there. Whoever is killed meanwhile leaves nothing, and two that make the same at
/// once don't meet.
pub fn kept(kept: PathBuf, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    if !kept.exists() {
        let (folder, name) = kept
            .parent()
            .zip(kept.file_name())
            .with_context(|| format!("`{}` is no file", kept.display()))?;
        fs::create_dir_all(folder).with_context(|| format!("could not make `{}`", folder.display()))?;
        let drafts = tempdir()?;
        let draft = drafts.path().join(name);
        make(&draft)?;
        publish(&draft, folder, &kept)?;
    }
    Ok(kept)
}

/// Copies a file to where it is kept: under its name it is whole, and it has no other.
fn publish(draft: &Path, folder: &Path, kept: &Path) -> Result<()> {
    let mut draft = File::open(draft)?;
    let unnamed =
        match open(folder, OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC, Mode::from_raw_mode(0o644)) {
            Ok(unnamed) => unnamed,
            // Not every file system has files without a name.
            Err(Errno::OPNOTSUPP | Errno::ISDIR) => {
                let mut named = tempfile::NamedTempFile::new_in(folder)?;
                io::copy(&mut draft, &mut named)?;
                named.persist(kept)?;
                return Ok(());
            }
            Err(errno) => return Err(errno.into()),
        };
    let mut unnamed = File::from(unnamed);
    io::copy(&mut draft, &mut unnamed)?;
    let by_descriptor = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&unnamed));
    match linkat(CWD, by_descriptor, CWD, kept, AtFlags::SYMLINK_FOLLOW) {
        // Another one was faster, and made the same.
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}
