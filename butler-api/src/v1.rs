//! Butler's own bodies, under `/api/v1`: what Plex's API never had. One file a resource.

mod bandwidth;
mod check;
mod failure;
mod health;
mod product;
mod run;
mod start;

pub use bandwidth::{Bandwidth, BandwidthKeyFrame, BandwidthRates, BandwidthSpan, BandwidthStream};
pub use check::{Check, CheckCounts, CheckItem, CheckNote, CheckVersion};
pub use failure::{Failure, Failures, Retried};
pub use health::{Health, HealthCheck, SandboxState};
pub use product::{Product, Products};
pub use run::{Fact, LiveWork, Run, Runs};
pub use start::{Started, StartedAll, Stopped};
