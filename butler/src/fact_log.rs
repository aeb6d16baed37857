//! Writes what happened to the log: one more reader of the engine's stream of facts.

use std::sync::Arc;

use butler_api::with_copies;
use butler_engine::{Fact, What};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// Reads facts and logs them until the engine has ended.
pub(crate) async fn keep(mut facts: Receiver<Arc<Fact>>) {
    loop {
        match facts.recv().await {
            Ok(fact) => log(&fact.what),
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(missed, "the log missed some facts; the runs have them all")
            }
            Err(RecvError::Closed) => return,
        }
    }
}

fn log(what: &What) {
    match what {
        What::RunChanged { run, task, origin, state, reason, .. } => {
            let why = reason.as_ref().map(ToString::to_string).unwrap_or_default();
            tracing::info!(%run, %task, %origin, %state, "{why}");
        }
        What::RunProgressed { run, task, done, total, failures, file, .. } => {
            tracing::debug!(%run, %task, done, total, failures, file)
        }
        What::PartFailed { part, files, product, sentence } => {
            let part = with_copies(part, *files);
            tracing::warn!(%product, part, "{sentence}");
        }
        What::ItemFailed { item, product, sentence } => tracing::warn!(%product, item, "{sentence}"),
        What::WorkFailed { task, path, sentence } => tracing::warn!(%task, path, "{sentence}"),
        What::UnitFinished { kinds, seconds, bytes_read, media_seconds } => {
            tracing::debug!(?kinds, seconds, bytes_read, media_seconds, "a unit is over");
        }
        What::ProductMade { kind, result } => tracing::trace!(%kind, result = result.as_str()),
        What::SectionStep { run, section, title, stage } => {
            tracing::debug!(%run, section, title, ?stage, "in a section")
        }
        // The engine's own line says so already.
        What::SettingsChanged { .. } => {}
        What::PausesChanged { pauses } if pauses.is_empty() => tracing::info!("nothing is paused any more"),
        What::PausesChanged { pauses } => pauses.iter().for_each(
            |pause| tracing::info!(owner = %pause.owner, drains = pause.drains, "{}", pause.reason()),
        ),
        What::SectionChanged { section } => tracing::debug!(section, "its content changed"),
    }
}
