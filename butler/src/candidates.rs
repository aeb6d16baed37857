//! What a shell may offer for a value: tasks and sections of the server that the command itself would ask, and
//! settings of the catalogue that this executable carries. Quick and silent: where no server
//! answers, the catalogue's tasks are offered, and no section.

use butler_client::Error;
use butler_client::blocking::Client;
use clap_complete::CompletionCandidate;

use crate::cli::Global;
use crate::connect::connect;
use crate::print::Text;

/// The names of the tasks: a Plex Media Server has others than we.
pub(crate) fn tasks() -> Vec<CompletionCandidate> {
    let own = butler_tasks::Catalogue::default();
    let own = || own.tasks().map(|task| candidate(task.name.as_str(), task.title)).collect();
    let asked = ask(|client| client.butler().tasks());
    asked.map_or_else(own, |tasks| {
        tasks.iter().map(|task| candidate(task.name.as_str(), &task.title)).collect()
    })
}

/// The settings, those that are seldom changed too.
pub(crate) fn settings() -> Vec<CompletionCandidate> {
    butler_tasks::settings::all().iter().map(|setting| candidate(setting.id, setting.label)).collect()
}

/// The sections' ids, with their names.
pub(crate) fn sections() -> Vec<CompletionCandidate> {
    let asked = ask(Client::sections).unwrap_or_default();
    asked.into_iter().map(|section| candidate(&section.key, &section.title)).collect()
}

/// A shell shows both on a terminal.
fn candidate(value: &str, help: &str) -> CompletionCandidate {
    CompletionCandidate::new(Text::from(value).plain()).help(Some(Text::from(help).plain().into()))
}

fn ask<T>(question: impl FnOnce(&Client) -> Result<T, Error>) -> Option<T> {
    // The script puts the line that is completed behind this word.
    let words = std::env::args_os().skip_while(|word| word != "--").skip(1);
    question(&Client::new(connect(&Global::of_line(words)?).ok()?).ok()?).ok()
}
