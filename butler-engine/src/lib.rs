//! The engine: one loop that performs what the schedule orders, forms units, feeds and watches workers, and
//! publishes results.
//!
//! It knows no task's name and no body of the wire. Start with [`Engine::start`], the loop in `engine.rs`;
//! everybody else speaks to it through a [`Handle`], and learns what happened from the stream of [`Fact`]s.
//!
//! ```text
//! Handle ─► inbox ─► Loop::handle ─► schedule ─► effects ─► run/work.rs (a task's own work, on its thread)
//!                      ▲   │                        └─────► unit/backlog.rs (pure: lacks → units)
//!                      │   └─► workers/keeper.rs ─► worker process ─► results
//!                      └────────── unit/publish.rs (blob, then one transaction) ◄┘
//! ```
//!
//! Its rooms: `door` is what others see of it, `engine` the loop and what reaches it, `run` what a run is and
//! does by itself, `unit` a unit's way from its lacks to the library, `workers` the processes and those who
//! keep them.

mod analyse;
mod clock;
mod demands;
mod door;
mod engine;
mod error_chain;
mod pressure;
mod run;
mod schedule_settings;
mod tags;
mod unit;
mod workers;
mod zone;

pub use analyse::{AnalyseError, Analysed, Analyst, Product};
pub use butler_library::Derivation;
pub use butler_schedule::{BacklogAhead, Forecast, How, NightAhead, RunAhead, Window};
pub use butler_tasks::{Action, Deed, Plan as HousePlan, Waiting};
pub use butler_tasks::{Catalogue, Stage};
pub use butler_tasks::{Setting, SettingError, Settings, SettingsFile, settings};
pub use clock::{Clock, FASTEST_RATE};
pub use demands::Wish;
pub use door::answer::{
    ChangeError, DiskReaders, EngineHealth, Following, LiveRun, StartReply, StopReply, TaskView, Workers,
};
pub use door::fact::{Came, Fact, What};
pub use door::handle::{DryRunError, Gone, Handle};
pub use door::plan::{Plan, PlanBasis, Todo};
pub use door::surroundings::{EngineSettings, Patience};
pub use engine::{Engine, EngineError};
pub use tags::{
    Asked, Became, FileTags, Retagger, Seen, TagWriter, TagsAsk, TagsError, TagsStep, TagsTally, TagsWay,
};
pub use workers::StartError;
pub use zone::zone_trouble;
