//! The executable `butler`: the server, and the command line that talks to a server.
//!
//! It decides nothing about tasks: `serve` hands over to the server's crates, every other command but
//! `analyse` asks a server through `butler-client`. Start with `cli.rs` for what can be asked, and
//! `commands.rs` for who answers.

mod candidates;
mod cli;
mod commands;
mod connect;
mod data_dir;
mod exit;
mod fact_log;
mod follow;
mod log;
mod log_fields;
mod log_file;
mod memory;
mod near;
mod observer;
mod print;
mod settings_file;
mod worker_program;

use std::process::ExitCode;

use clap_complete::CompleteEnv;

use crate::cli::Cli;

fn main() -> ExitCode {
    // A shell that completes a line asks so, and then nothing else is done.
    CompleteEnv::with_factory(cli::command).var(commands::completions::ASKED).complete();
    let exit = commands::run(Cli::read()).unwrap_or_else(|trouble| trouble.print());
    exit.into()
}
