//! Whether the server can do its work, with what is wrong and what to do. Anybody may ask, so it says nothing
//! about the library's content.

use std::time::{Duration, Instant};

use butler_api::v1::{Health, HealthCheck, SandboxState};
use butler_engine::settings::BUTLER_MIN_FREE_SPACE;
use butler_product::message::Sandbox;
use tokio::sync::Mutex;

use crate::app::App;
use crate::error::Problem;

/// So long holds what was found of writing.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// As disks are sold, and the setting counts.
const MEGABYTE: u64 = 1_000_000;

/// How the server is now.
pub(crate) async fn health(app: &App) -> Result<Health, Problem> {
    let engine = app.handle.health().await?;
    let mut checks = Vec::new();
    if let Some(message) = engine.worker_trouble {
        checks.push(HealthCheck { name: "worker".into(), message });
    }
    let trouble = match app.writing.trouble(app).await {
        None if engine.unsaved > 0 => Some(unsaved(engine.unsaved)),
        trouble => trouble,
    };
    checks.extend(trouble.map(|message| HealthCheck { name: "database".into(), message }));
    if app.handle.library().is_database_damaged() {
        let message = "The database is damaged, as its last check found: stop the server and run `butler \
                       backup restore --newest`.";
        checks.push(HealthCheck { name: "database".into(), message: message.into() });
    }
    checks.extend(little_room(app).await);
    if let Some(message) = butler_engine::zone_trouble() {
        checks.push(HealthCheck { name: "zone".into(), message });
    }
    // A sandbox that lacks a layer is named, but the work is done: `sandbox` says it to programs.
    let status = if checks.is_empty() { "ok" } else { "degraded" };
    let (sandbox, lacking) = sandbox(engine.sandbox);
    checks.extend(lacking);
    // The nightly scan finds what a watch would have told: this is named, and the work is done.
    checks.extend(engine.watch_limits.into_iter().map(unwatched));
    checks.extend(engine.is_pressure_unknown.then(|| HealthCheck {
        name: "pressure".into(),
        message: "The kernel does not tell how much is waited for (PSI), so nothing is paused while the machine is \
                  busy: start it with `psi=1`, or set the limits of pressure to 0."
            .into(),
    }));
    let paused_by = app.handle.pauses().await?.into_iter().map(|pause| pause.owner).collect();
    Ok(Health { status: status.into(), version: app.about.version.clone(), sandbox, paused_by, checks })
}

fn unwatched((limit, folders): (&'static str, usize)) -> HealthCheck {
    HealthCheck {
        name: "watch".into(),
        message: format!(
            "{folders} folders of libraries are not watched, for the system gives no more: raise {limit} \
             (sysctl). The nightly scan finds what is new all the same."
        ),
    }
}

fn unsaved(runs: usize) -> String {
    format!("What became of {runs} runs is not stored yet; it is tried again every few seconds.")
}

/// Says when the disk has less room than the setting asks for.
async fn little_room(app: &App) -> Option<HealthCheck> {
    let least = app.handle.settings().int(&BUTLER_MIN_FREE_SPACE).unsigned_abs();
    let library = app.handle.library().clone();
    // A disk that does not tell is not called full; whether it can be written is checked beside this.
    let free = app.blocking(move || library.free_bytes()).await.ok()?.ok()? / MEGABYTE;
    (free < least).then(|| HealthCheck {
        name: "disk".into(),
        message: format!(
            "The disk that holds the data folder has {free} MB free, less than the {least} MB of \
             `{}`. Free some space.",
            BUTLER_MIN_FREE_SPACE.id
        ),
    })
}

/// Whether the database can be written, found out by writing; at most so often that who asks for the
/// server's health, which needs no token, can't keep the disk busy.
#[derive(Debug, Default)]
pub(crate) struct Writing {
    /// What was found, and when. Held while it is found out: who comes then waits for the same answer.
    found: Mutex<Option<(Instant, Option<String>)>>,
}

impl Writing {
    /// Why it can't be written, if it can't.
    async fn trouble(&self, app: &App) -> Option<String> {
        let mut found = self.found.lock().await;
        if let Some((at, trouble)) = &*found
            && at.elapsed() < LOOK_AGAIN
        {
            return trouble.clone();
        }
        let written = app.library(|library| library.check_writing()).await;
        let trouble = written.err().map(|problem| problem.sentence().to_owned());
        *found = Some((Instant::now(), trouble.clone()));
        trouble
    }
}

fn sandbox(sandbox: Option<Sandbox>) -> (SandboxState, Option<HealthCheck>) {
    let Some(sandbox) = sandbox else { return (SandboxState::Unknown, None) };
    if sandbox.is_full() {
        return (SandboxState::Full, None);
    }
    let Sandbox { rlimits, no_new_privs, landlock, seccomp } = sandbox;
    let layers =
        [("rlimits", rlimits), ("no_new_privs", no_new_privs), ("landlock", landlock), ("seccomp", seccomp)];
    let lacking: Vec<&str> = layers.into_iter().filter(|(_, holds)| !holds).map(|(name, _)| name).collect();
    let message = format!(
        "The workers' sandbox lacks {}. Run Butler on a kernel that has it, and outside of containers that \
         forbid it.",
        lacking.join(" and ")
    );
    (SandboxState::Partial, Some(HealthCheck { name: "sandbox".into(), message }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_that_is_lacking_is_named() {
        let (state, check) =
            sandbox(Some(Sandbox { rlimits: true, no_new_privs: true, landlock: false, seccomp: true }));
        assert_eq!(state, SandboxState::Partial);
        assert!(check.unwrap().message.contains("lacks landlock."));
    }

    #[test]
    fn a_sandbox_that_nobody_has_seen_is_unknown() {
        assert_eq!(sandbox(None), (SandboxState::Unknown, None));
    }
}
