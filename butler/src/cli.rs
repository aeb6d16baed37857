//! What can be asked on the command line. The doc comments are the help; each command's own arguments stand in its file.

use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::commands::{
    analyse, backup, completions, failures, pause, plan, remake, resume, runs, sections, serve, settings, start, stop, watch,
};
use crate::exit;

/// The task manager of a media server: keeps a media library healthy and rich while nobody watches.
#[derive(Parser)]
#[command(name = "butler", version, max_term_width = 110, after_help = exit::SHORT_HELP, after_long_help = exit::HELP)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// What this process was asked for. Ends the process where that makes no sense, or is the help.
    pub(crate) fn read() -> Self {
        Self::of(&Self::command().get_matches()).unwrap_or_else(|error| error.exit())
    }

    /// A data folder that stands on the command line names the server to ask by itself: it goes before a URL
    /// of the environment, and before the token that belongs to that URL.
    fn of(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut cli = Self::from_arg_matches(matches)?;
        let is_from = |argument: &str, source: ValueSource| matches.value_source(argument) == Some(source);
        let asks_a_server = !matches!(cli.command, Command::Serve(_));
        if asks_a_server && is_from("data_dir", ValueSource::CommandLine) && is_from("url", ValueSource::EnvVariable) {
            cli.global.url = None;
            cli.global.token = cli.global.token.filter(|_| is_from("token", ValueSource::CommandLine));
        }
        Ok(cli)
    }
}

/// Where the server is, and how to print. Never derives `Debug`: it holds the token.
#[derive(Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// The server's URL [default: that of the server which uses the local data folder]
    #[arg(long, global = true, value_name = "URL", env = "BUTLER_URL", hide_env_values = true)]
    pub(crate) url: Option<String>,

    /// The token; better given by BUTLER_TOKEN, which no list of processes shows [default: that in the local data folder]
    #[arg(long, global = true, value_name = "TOKEN", env = "BUTLER_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,

    /// The data folder [default: $XDG_DATA_HOME/butler, or ~/.local/share/butler]
    #[arg(long, global = true, value_name = "DIR", env = "BUTLER_DATA_DIR", hide_env_values = true)]
    pub(crate) data_dir: Option<PathBuf>,

    /// How long a server may take for one answer
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) timeout: u64,

    /// Print JSON, for programs
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the server
    Serve(serve::Arguments),
    /// Add, list, edit and remove library sections
    #[command(subcommand)]
    Sections(sections::Action),
    /// List the tasks
    Tasks,
    /// Tell what the nights ahead will bring
    Plan(plan::Arguments),
    /// Tell whether the maintenance window is open; by the exit code too: 0 open, 3 closed
    Window,
    /// List the runs, newest first, or show one
    Runs(runs::Arguments),
    /// List what could not be made, or have it tried again
    Failures(failures::Arguments),
    /// Have products made anew: of an item, a file or a section
    Remake(remake::Arguments),
    /// Show and change the settings
    Settings(settings::Arguments),
    /// Start tasks
    Start(start::Arguments),
    /// Stop tasks, or take them out of the queue
    Stop(stop::Arguments),
    /// List, check and restore backups of the database; works without a server
    #[command(subcommand)]
    Backup(backup::Action),
    /// Hold everything where it is, until `butler resume`
    Pause(pause::Arguments),
    /// Let everything go on that is paused
    Resume(resume::Arguments),
    /// Watch everything that runs, until Ctrl-C
    Watch(watch::Arguments),
    /// Make products of plain files, without a server
    Analyse(analyse::Arguments),
    /// Print the completions for a shell
    Completions(completions::Arguments),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn no_help_shows_what_is_in_the_environment() {
        for argument in Cli::command().get_arguments() {
            assert!(argument.get_env().is_none() || argument.is_hide_env_values_set(), "{}", argument.get_id());
        }
    }
}
