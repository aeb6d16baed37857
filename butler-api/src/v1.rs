//! Butler's own bodies, under `/api/v1`: what Plex's API never had. One file a resource.

mod failure;
mod health;
mod run;
mod start;

pub use failure::{Failure, Failures, Retried};
pub use health::{Health, HealthCheck, SandboxState};
pub use run::{Fact, LiveWork, Run, Runs};
pub use start::{Started, StartedAll, Stopped};
