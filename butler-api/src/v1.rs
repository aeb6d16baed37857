//! Butler's own bodies, under `/api/v1`: what Plex's API never had. One file a resource.

mod bandwidth;
mod check;
mod dry_run;
mod failure;
mod health;
mod item_file;
mod local_time;
mod night;
mod pause;
mod plan;
mod product;
mod remake;
mod run;
mod setting;
mod sign_in;
mod start;
mod task;
mod window;

pub use bandwidth::{Bandwidth, BandwidthKeyFrame, BandwidthRates, BandwidthSpan, BandwidthStream};
pub use check::{Check, CheckCounts, CheckItem, CheckLeftOut, CheckNote, CheckVersion};
pub use dry_run::{DryRun, PlannedAction, WaitingActions};
pub use failure::{Failure, FailureGroup, FailureSummary, Failures, Retried};
pub use health::{Health, HealthCheck, SandboxState};
pub use item_file::{ItemFile, ItemFiles};
pub use local_time::LocalTime;
pub use night::LastNight;
pub use pause::{Pause, Pauses};
pub use plan::{Plan, PlannedBacklog, PlannedNight, PlannedRun};
pub use product::{ItemProduct, OpenProduct, Picture, Product, Products};
pub use remake::{Remade, RemadeBy};
pub use run::{Fact, LiveWork, Run, Runs};
pub use setting::{LabelledValue, Setting, Settings};
pub use sign_in::SignIn;
pub use start::{Started, StartedAll, Stopped};
pub use task::{Task, Tasks};
pub use window::{NextWindow, Window};
