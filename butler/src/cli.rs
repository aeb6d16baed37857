//! What can be asked on the command line. The doc comments are the help; each command's own arguments stand
//! in its file.

use std::convert::Infallible;
use std::ffi::OsString;
use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;

use butler_client::TaskName;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::commands::{
    analyse, backup, completions, failures, items, man, music, pause, plan, preview, remake, resume, runs,
    sections, serve, settings, show, start, stop, subtitles, tags, watch,
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
    /// What this process was asked for. Says what is wrong with it and ends the process, if something is, or
    /// shows the help.
    pub(crate) fn read() -> Self {
        let mut command = command();
        let read = command.try_get_matches_from_mut(std::env::args_os()).and_then(|matches| {
            refuse_unused(&mut command, &matches)?;
            Self::of(&matches)
        });
        read.unwrap_or_else(|error| error.exit())
    }

    fn of(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut cli = Self::from_arg_matches(matches)?;
        if !matches!(cli.command, Command::Serve(_)) {
            cli.global = cli.global.of_the_nearest(matches);
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

    /// The token; better given by BUTLER_TOKEN, which no list of processes shows [default: that in the local
    /// data folder]
    #[arg(long, global = true, value_name = "TOKEN", env = "BUTLER_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,

    /// The data folder [default: $XDG_DATA_HOME/butler, or ~/.local/share/butler]
    #[arg(long, global = true, value_name = "DIR", env = "BUTLER_DATA_DIR", hide_env_values = true)]
    pub(crate) data_dir: Option<PathBuf>,

    /// How long a server may take for one answer
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 30, value_parser = within(1_u64, 3_600))]
    pub(crate) timeout: u64,

    /// Print JSON, for programs
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

impl Global {
    /// Where the server is that a command would ask, of which a shell completes the line; none where the line
    /// can't be read so far. It has a second for its answer.
    pub(crate) fn of_line(words: impl IntoIterator<Item = OsString>) -> Option<Self> {
        let matches = command().ignore_errors(true).try_get_matches_from(words).ok()?;
        let global = Self::from_arg_matches(&matches).ok()?.of_the_nearest(&matches);
        Some(Self { timeout: 1, ..global })
    }

    /// A data folder that stands on the command line names the server to ask by itself: it goes before a URL
    /// of the environment, and before the token that belongs to that URL.
    fn of_the_nearest(mut self, matches: &ArgMatches) -> Self {
        let is_from = |argument: &str, source: ValueSource| matches.value_source(argument) == Some(source);
        if is_from("data_dir", ValueSource::CommandLine) && is_from("url", ValueSource::EnvVariable) {
            self.url = None;
            self.token = self.token.filter(|_| is_from("token", ValueSource::CommandLine));
        }
        self
    }
}

/// The global options that a command has no use for: its help leaves them out, and it refuses them.
fn unused(command: &str) -> &'static [&'static str] {
    match command {
        "serve" => &["url", "timeout", "json"],
        "backup" => &["url", "token", "timeout"],
        "analyse" | "subtitles" => &["url", "token", "data_dir", "timeout"],
        "completions" | "man" => &["url", "token", "data_dir", "timeout", "json"],
        _ => &[],
    }
}

/// The command line, each command with the options that it uses.
pub(crate) fn command() -> clap::Command {
    with_own_options(Cli::command())
}

/// The same for manual pages: without the command `help`, which needs none, and without the exit codes, which
/// have a section of their own there.
pub(crate) fn command_for_pages() -> clap::Command {
    fn without_help(command: clap::Command) -> clap::Command {
        command.disable_help_subcommand(true).mut_subcommands(without_help)
    }
    fn without_exit_codes(command: clap::Command) -> clap::Command {
        command.after_help(None).after_long_help(None).mut_subcommands(without_exit_codes)
    }
    without_exit_codes(with_own_options(without_help(Cli::command())))
}

fn with_own_options(mut command: clap::Command) -> clap::Command {
    // So that the global options stand in each command.
    command.build();
    command.mut_subcommands(|command| {
        let unused = unused(command.get_name());
        with_exit_codes(hide(command, unused))
    })
}

fn with_exit_codes(command: clap::Command) -> clap::Command {
    let command = command.after_help(exit::SHORT_HELP).after_long_help(exit::HELP);
    command.mut_subcommands(with_exit_codes)
}

fn hide(command: clap::Command, ids: &[&str]) -> clap::Command {
    let command = command.mut_args(|argument| {
        let is_unused = ids.contains(&argument.get_id().as_str());
        if is_unused { argument.hide(true) } else { argument }
    });
    command.mut_subcommands(|below| hide(below, ids))
}

fn refuse_unused(command: &mut clap::Command, matches: &ArgMatches) -> Result<(), clap::Error> {
    let Some((name, below)) = matches.subcommand() else { return Ok(()) };
    let is_given = |id: &&&str| below.value_source(id) == Some(ValueSource::CommandLine);
    match unused(name).iter().find(is_given) {
        None => Ok(()),
        Some(id) => {
            let sentence = format!("`butler {name}` has no use for --{}; leave it out", id.replace('_', "-"));
            Err(command.error(ErrorKind::ArgumentConflict, sentence))
        }
    }
}

/// Reads a value; who gives another one is told what it takes, and not where a parser stopped.
pub(crate) fn taking<T: FromStr>(
    takes: &'static str,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static {
    move |text| text.parse().map_err(|_| format!("it takes {takes}"))
}

/// Reads an id; `where_listed` says where they are found.
pub(crate) fn number<T: FromStr>(
    where_listed: &'static str,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static {
    move |text| text.parse().map_err(|_| format!("it takes a number; {where_listed}"))
}

/// Reads a number within bounds.
pub(crate) fn within<T: FromStr + PartialOrd + Display + Copy + Send + Sync + 'static>(
    least: T,
    most: T,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static {
    move |text| {
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| format!("it takes a number from {least} to {most}"))
    }
}

/// Reads a task's name, in upper or lower case; one that this version does not know is left as it is, for the
/// server may.
pub(crate) fn task(text: &str) -> Result<TaskName, Infallible> {
    let known = TaskName::KNOWN.into_iter().find(|name| name.as_str().eq_ignore_ascii_case(text));
    Ok(known.unwrap_or_else(|| TaskName::from(text)))
}

/// Reads how many are wanted.
pub(crate) fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| "it takes a number from 1 on; left out, there is a limit that fits".into())
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the server
    Serve(serve::Arguments),
    /// Print an address that opens the pages in a browser, signed in: good once and for some minutes
    Page,
    /// Add, list, check, edit, refresh and remove library sections
    #[command(subcommand)]
    Sections(sections::Action),
    /// List what the library holds, or the files that lack a product
    Items(items::Arguments),
    /// Show an item: its files, what was made of them, what failed, and when the rest comes
    Show(show::Arguments),
    /// Find tracks that sound alike, and make playlists that lead from one to another
    #[command(subcommand)]
    Music(music::Action),
    /// Write gains into music files for other players, and take them back
    #[command(subcommand)]
    Tags(tags::Action),
    /// Show the preview thumbnails of a film or episode
    Preview(preview::Arguments),
    /// List the tasks
    Tasks,
    /// Tell whether the last night was well
    Night,
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
    /// Hold subtitles against what is spoken in their film, without a server
    #[command(subcommand)]
    Subtitles(subtitles::Action),
    /// Print the completions for a shell
    Completions(completions::Arguments),
    /// Write the manual pages into a folder
    Man(man::Arguments),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_option_that_a_command_does_not_use_is_not_in_its_help_and_refused() {
        let help = |name: &str| command().find_subcommand_mut(name).unwrap().render_long_help().to_string();
        assert!(help("tasks").contains("--url") && help("serve").contains("--data-dir"));
        assert!(
            !help("serve").contains("--url")
                && !help("serve").contains("--json")
                && !help("analyse").contains("--data-dir")
        );
        let check = |line: &[&str]| {
            let mut command = command();
            let matches = command.try_get_matches_from_mut(line).unwrap();
            refuse_unused(&mut command, &matches).map_err(|error| error.to_string())
        };
        assert!(
            check(&["butler", "--json", "tasks"]).is_ok()
                && check(&["butler", "serve", "--data-dir", "x"]).is_ok()
        );
        let refused = check(&["butler", "--url", "http://x", "backup", "list"]).unwrap_err();
        assert!(refused.contains("`butler backup` has no use for --url"), "{refused}");
    }

    #[test]
    fn a_number_that_is_none_is_refused_with_the_way_on() {
        assert_eq!(number::<u64>("`x` lists them")("7"), Ok(7));
        assert_eq!(number::<u64>("`x` lists them")("abc").unwrap_err(), "it takes a number; `x` lists them");
        assert_eq!(
            (at_least_one("3"), at_least_one("0").is_err(), at_least_one("-1").is_err()),
            (Ok(3), true, true)
        );
        assert_eq!((within(1_u32, 30)("30"), within(1_u32, 30)("1")), (Ok(30), Ok(1)));
        for text in ["0", "31", "-1", "many"] {
            assert_eq!(within(1_u32, 30)(text).unwrap_err(), "it takes a number from 1 to 30", "{text}");
        }
    }

    #[test]
    fn a_task_is_known_by_its_name_in_any_case() {
        assert_eq!(task("loudnessanalysis"), Ok(TaskName::LoudnessAnalysis));
        assert_eq!(task("ReverseGeocodes").unwrap().as_str(), "ReverseGeocodes");
    }

    #[test]
    fn every_command_says_what_its_exit_code_means() {
        fn all(command: &clap::Command, found: &mut Vec<String>) {
            for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
                let long = below.clone().render_long_help().to_string();
                if !long.contains("Exit codes:\n")
                    || !below.clone().render_help().to_string().contains("5 no server")
                {
                    found.push(below.get_name().to_owned());
                }
                all(below, found);
            }
        }
        let mut found = Vec::new();
        all(&command(), &mut found);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn no_value_is_refused_in_a_parsers_words() {
        let refusal = |line: &[&str]| {
            command()
                .try_get_matches_from_mut(line)
                .unwrap_err()
                .to_string()
                .lines()
                .next()
                .unwrap()
                .to_owned()
        };
        for line in [
            &["butler", "runs", "--day", "today"][..],
            &["butler", "runs", "--since", "yesterday"],
            &["butler", "runs", "--until", "x"],
            &["butler", "runs", "abc"],
            &["butler", "runs", "--limit", "0"],
            &["butler", "pause", "--for", "5"],
            &["butler", "plan", "--nights", "0"],
            &["butler", "--timeout", "0", "tasks"],
            &["butler", "serve", "--listen", "32500"],
            &["butler", "items", "Films"],
            &["butler", "stop", "--run", "x"],
            &["butler", "failures", "--retry", "x"],
            &["butler", "remake", "--section", "Films"],
            &["butler", "sections", "edit", "Films", "--name", "x"],
        ] {
            let refused = refusal(line);
            assert!(refused.contains(": it takes a"), "{line:?}: {refused}");
        }
    }

    #[test]
    fn where_one_of_several_is_needed_all_of_them_are_named() {
        for (line, expect) in [
            (&["butler", "start"][..], "<NAME|--all>"),
            (&["butler", "stop"], "<NAME|--run <ID>|--all>"),
            (&["butler", "remake"], "<ITEM|FILE|--section <ID>>"),
            (&["butler", "backup", "restore"], "<FILE|--newest>"),
            (&["butler", "sections", "edit", "1"], "<--name <NAME>|--folder <FOLDER>>"),
        ] {
            let refused = command().try_get_matches_from_mut(line).unwrap_err().to_string();
            assert!(refused.contains(&format!("not provided:\n  {expect}\n")), "{line:?}: {refused}");
        }
    }

    #[test]
    fn no_line_of_the_exit_codes_is_wrapped_on_a_terminal_of_eighty_columns() {
        let long: Vec<_> = exit::HELP.lines().filter(|line| line.len() > 80).collect();
        assert!(long.is_empty(), "{long:#?}");
    }

    #[test]
    fn no_help_shows_what_is_in_the_environment() {
        for argument in Cli::command().get_arguments() {
            assert!(
                argument.get_env().is_none() || argument.is_hide_env_values_set(),
                "{}",
                argument.get_id()
            );
        }
    }
}
