//! The `ffmpeg` executable: how it is called and what its failing says.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::command;

/// Begins a call that speaks only of errors and asks nothing.
pub(crate) fn ffmpeg() -> Command {
    let mut command = command("ffmpeg");
    // SVT-AV1 talks past ffmpeg's own log level.
    command.env("SVT_LOG", "1").args(["-nostdin", "-v", "error", "-y"]);
    command
}

/// Leaves out dates, random ids and library versions.
pub(crate) fn bit_exact(command: &mut Command) {
    command.args(["-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"]);
}

/// Runs it; an error holds what it said.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    run_for_output(command).map(drop)
}

/// Runs it and gives what it wrote to its standard output; an error holds what it said.
pub(crate) fn run_for_output(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.output().context("could not start `ffmpeg`; `./test` installs it")?;
    ensure!(
        output.status.success(),
        "`ffmpeg` failed ({}): {}",
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(output.stdout)
}
