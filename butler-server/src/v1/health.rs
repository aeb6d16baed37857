//! `/healthz`: whether the server can do its work. Needs no token, so it says nothing about the library's
//! content.

use axum::extract::State;
use axum::response::Response;
use butler_api::v1::{Health, HealthCheck, SandboxState};
use butler_product::message::Sandbox;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept;
use crate::app::App;
use crate::error::Problem;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(health))
}

/// Says whether the server can do its work; needs no token.
#[utoipa::path(get, path = "/healthz", tag = "server", security(()), responses(
    (status = 200, description = "`ok`, or `degraded` with what is wrong and what to do.", body = Health),
    (status = 503, description = "The server is shutting down."),
))]
async fn health(State(app): State<App>) -> Result<Response, Problem> {
    let engine = app.handle.health().await?;
    let mut checks = Vec::new();
    if let Some(message) = engine.worker_trouble {
        checks.push(HealthCheck { name: "worker".into(), message });
    }
    if let Err(problem) = app.library(|library| library.settings()).await {
        checks.push(HealthCheck { name: "database".into(), message: problem.sentence().to_owned() });
    }
    if app.handle.library().is_database_damaged() {
        let message = "The database is damaged, as its last check found: stop the server and run `butler backup \
                       restore --newest`.";
        checks.push(HealthCheck { name: "database".into(), message: message.into() });
    }
    if let Some(message) = butler_engine::zone_trouble() {
        checks.push(HealthCheck { name: "zone".into(), message });
    }
    // A sandbox that lacks a layer is named, but the work is done: `sandbox` says it to programs.
    let status = if checks.is_empty() { "ok" } else { "degraded" };
    let (sandbox, lacking) = sandbox(engine.sandbox);
    checks.extend(lacking);
    let paused_by = app.handle.pauses().await?.into_iter().map(|pause| pause.owner).collect();
    accept::json(&Health {
        status: status.into(),
        version: app.about.version.clone(),
        sandbox,
        paused_by,
        checks,
    })
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
