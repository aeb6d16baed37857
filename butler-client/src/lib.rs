//! A client for Butler, and for the five Butler calls of a Plex Media Server.
//!
//! It knows the wire only: it decides nothing, prints nothing, and never puts a token into a URL, an error or
//! its `Debug`. Start with [`Client::builder`]; `request.rs` is the one place that sends anything, `error.rs`
//! says what can go wrong.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use butler_client::{Client, TaskName};
//!
//! let client = Client::builder().url("http://127.0.0.1:32500").token("...").build()?;
//! let start = client.butler().start(&TaskName::RefreshLibraries, false).await?;
//! println!("{:?}", start.outcome);
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]

mod butler;
mod check;
mod client;
mod error;
mod failures;
mod health;
mod items;
mod pauses;
mod plan;
mod products;
mod refusal;
mod remake;
mod request;
mod runs;
mod sections;
mod server_url;
mod settings;
mod sign_in;
mod tls;

pub use butler::{Butler, Start};
pub use butler_api::plex::SettingValue;
pub use butler_api::plex::{ButlerTask, Directory, Location, Media, Metadata, Part};
pub use butler_api::v1::{
    Bandwidth, BandwidthKeyFrame, BandwidthRates, BandwidthSpan, BandwidthStream, ItemProduct, OpenProduct,
    Product, Products,
};
pub use butler_api::v1::{
    Check, CheckCounts, CheckItem, CheckLeftOut, CheckNote, CheckVersion, Fact, Failure, Failures, Health,
    LiveWork, Retried, Run, Runs,
};
pub use butler_api::v1::{DryRun, PlannedAction, WaitingActions};
pub use butler_api::v1::{FailureGroup, FailureSummary};
pub use butler_api::v1::{ItemFile, ItemFiles};
pub use butler_api::v1::{LabelledValue, Setting, Settings};
pub use butler_api::v1::{
    LastNight, LocalTime, NextWindow, Plan, PlannedBacklog, PlannedNight, PlannedRun, Window,
};
pub use butler_api::v1::{Pause, Pauses};
pub use butler_api::v1::{Remade, RemadeBy};
pub use butler_api::{Origin, Outcome, PauseOwner, RunId, RunState, TaskName};
pub use client::{Client, ClientBuilder};
pub use error::{BuildError, Call, Error};
pub use pauses::{PauseEnd, PauseOrder};
pub use remake::RemakeOf;
pub use runs::RunFilter;
pub use sections::{NewSection, SectionEdit};
