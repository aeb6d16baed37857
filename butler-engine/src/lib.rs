//! The engine: one loop that performs what the schedule orders, forms units, feeds and watches workers, and
//! publishes results.
//!
//! It knows no task's name and no body of the wire. Start with [`Engine::start`], the loop in `engine.rs`;
//! everybody else speaks to it through a [`Handle`], and learns what happened from the stream of [`Fact`]s.
//!
//! ```text
//! Handle ─► inbox ─► Loop::handle ─► schedule ─► effects ─► work.rs (a task's own work, on its thread)
//!                      ▲   │                        └─────► backlog.rs (pure: lacks → units)
//!                      │   └─► workers/keeper.rs ─► worker process ─► results
//!                      └────────── publish.rs (blob, then one transaction) ◄┘
//! ```

mod analyse;
mod answer;
mod backlog;
mod blob_check;
mod brake;
mod causes;
mod clock;
mod cost;
mod demands;
mod derive;
mod engine;
mod estimate;
mod event;
mod fact;
mod handle;
mod inbox;
mod media_file;
mod phase;
mod plan;
mod publish;
mod rate;
mod recovery;
mod retry;
mod run;
mod surroundings;
mod unit;
mod unsaved;
mod watching;
mod work;
mod workers;
mod zone;

pub use analyse::{AnalyseError, Analysed, Analyst, Product};
pub use answer::{ChangeError, EngineHealth, Following, LiveRun, StartReply, StopReply, TaskView, Workers};
pub use butler_library::Derivation;
pub use butler_schedule::{BacklogAhead, Forecast, How, NightAhead, RunAhead, Window};
pub use butler_tasks::{Action, Deed, Plan as HousePlan, Waiting};
pub use butler_tasks::{Catalogue, Stage};
pub use butler_tasks::{Setting, SettingError, Settings, SettingsFile, settings};
pub use clock::{Clock, FASTEST_RATE};
pub use demands::Wish;
pub use engine::{Engine, EngineError};
pub use fact::{Came, Fact, What};
pub use handle::{DryRunError, Gone, Handle};
pub use plan::{Plan, PlanBasis, Todo};
pub use surroundings::{EngineSettings, Patience};
pub use workers::StartError;
pub use zone::zone_trouble;
