//! What a shell may offer for a value: tasks and settings of the catalogue that this executable carries, and
//! the sections of the server that a command without options would ask. Quick and silent: where no server
//! answers, no section is offered.

use std::time::Duration;

use butler_client::{Client, Error};
use clap_complete::CompletionCandidate;

use crate::cli::Global;
use crate::connect::connect;
use crate::print::Text;

/// A person waits at the prompt.
const PATIENCE: Duration = Duration::from_secs(1);

/// The names of the tasks.
pub(crate) fn tasks() -> Vec<CompletionCandidate> {
    butler_tasks::Catalogue::default().tasks().map(|task| candidate(task.name.as_str(), task.title)).collect()
}

/// The settings, those that are seldom changed too.
pub(crate) fn settings() -> Vec<CompletionCandidate> {
    butler_tasks::settings::all().iter().map(|setting| candidate(setting.id, setting.label)).collect()
}

/// The sections' ids, with their names.
pub(crate) fn sections() -> Vec<CompletionCandidate> {
    let asked = ask(async |client| client.sections().await).unwrap_or_default();
    asked.into_iter().map(|section| candidate(&section.key, &section.title)).collect()
}

/// A shell shows both on a terminal.
fn candidate(value: &str, help: &str) -> CompletionCandidate {
    CompletionCandidate::new(Text::from(value).plain()).help(Some(Text::from(help).plain().into()))
}

fn ask<T>(question: impl AsyncFnOnce(&Client) -> Result<T, Error>) -> Option<T> {
    let client = connect(&Global::of_the_environment()).ok()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    runtime.block_on(async { tokio::time::timeout(PATIENCE, question(&client)).await.ok()?.ok() })
}
