//! A client for Butler, and for a Plex Media Server's Butler.
//!
//! It knows the wire only: it decides nothing, prints nothing, and never puts a token into a URL, an error, a
//! log or its `Debug`. Start with [`Client::builder`]; `request.rs` is the one place that sends anything,
//! `answer.rs` reads what comes back, `error.rs` says what can go wrong.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let plex = butler_fixtures::plex::Plex::start();
//! # let (url, token) = (plex.url(), butler_fixtures::plex::TOKEN);
//! use butler_client::{Client, TaskName};
//!
//! let client = Client::builder().url(url).token(token).build()?;
//! let start = client.butler().start(TaskName::BackupDatabase).await?;
//! println!("{:?}", start.outcome);
//! # Ok(())
//! # }
//! ```
//!
//! What works where:
//!
//! | | Butler | Plex Media Server |
//! |---|---|---|
//! | [`Client::butler`]: tasks, start, stop | with what became of each | as exact as its statuses |
//! | [`Client::preferences`], [`Client::activities`], [`Client::sections`], [`Client::notifications`] | yes | yes |
//! | [`Client::runs`], [`Client::failures_behind`], [`Client::plan`], [`Client::products`], [`Client::settings`] | yes | [`Error::NotFound`] |
//!
#![doc = include_str!("../docs/from-typescript.md")]
#![forbid(unsafe_code)]

mod activities;
mod answer;
#[cfg(feature = "blocking")]
pub mod blocking;
mod builder;
mod butler;
mod check;
mod client;
mod echo;
mod error;
mod failures;
mod gain_tags;
mod health;
mod hooks;
mod identity;
mod items;
mod lenient;
mod nearest;
mod notifications;
mod pauses;
mod plan;
mod preferences;
mod products;
mod refusal;
mod remake;
mod request;
mod retry;
mod runs;
mod sections;
mod server_info;
mod server_url;
mod settings;
mod sign_in;
mod tls;
mod token;
mod xml;

pub use builder::ClientBuilder;
pub use butler::{Butler, Start, StartAll, StartTask};
pub use butler_api::plex::SettingValue;
pub use butler_api::plex::{
    Activity, ActivityContext, ActivityEvent, ActivityNotification, Preference, StatusNotification,
};
pub use butler_api::plex::{ButlerTask, Directory, Location, Media, Metadata, Part};
pub use butler_api::v1::{
    Bandwidth, BandwidthKeyFrame, BandwidthRates, BandwidthSpan, BandwidthStream, ItemProduct, OpenProduct,
    Picture, Product, Products,
};
pub use butler_api::v1::{
    Check, CheckCounts, CheckItem, CheckLeftOut, CheckNote, CheckVersion, Fact, Failure, Failures, Health,
    LiveWork, LogLine, Retried, Run, Runs,
};
pub use butler_api::v1::{DryRun, PlannedAction, WaitingActions};
pub use butler_api::v1::{FailureGroup, FailureSummary};
pub use butler_api::v1::{GainTag, TaggedFile, TagsStep, WrittenFile, WrittenTags};
pub use butler_api::v1::{ItemFile, ItemFiles};
pub use butler_api::v1::{LabelledValue, Setting, Settings};
pub use butler_api::v1::{
    LastNight, LocalTime, NextWindow, Plan, PlannedBacklog, PlannedNight, PlannedRun, Window,
};
pub use butler_api::v1::{NearTrack, NearTracks};
pub use butler_api::v1::{Pause, Pauses};
pub use butler_api::v1::{Remade, RemadeBy};
pub use butler_api::v1::{SignIn, Task, Tasks};
pub use butler_api::{Origin, Outcome, PauseOwner, RunId, RunState, TaskName};
pub use client::Client;
pub use error::{BuildError, Call, Error, UNASKABLE};
pub use hooks::Attempt;
pub use notifications::{Listening, Notice, Notifications, Transport};
pub use pauses::{PauseEnd, PauseOrder};
pub use remake::RemakeOf;
/// The HTTP client below, in the version that [`ClientBuilder::http_client`] and [`ClientBuilder::before`]
/// take.
pub use reqwest;
pub use retry::RetryPolicy;
pub use runs::RunFilter;
pub use sections::{NewSection, SectionEdit};
pub use server_info::ServerInfo;

/// The crate's page is compiled with its examples.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadMe;
