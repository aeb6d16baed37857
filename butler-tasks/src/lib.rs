//! The catalogue of tasks: what each is called, when it is due, and what it demands or does. One file a task,
//! named as the task is on the wire.
//!
//! Nothing here is async, schedules anything or decodes anything. Start with [`Task`], then [`catalogue`]; a
//! task's file is complete in itself. `docs/tasks.md` is printed from here.

mod catalogue;
mod deeds;
mod orphans;
mod plan;
mod report;
pub mod settings;
mod stand_ins;
mod task;
#[cfg(test)]
mod task_page;
mod work;

pub(crate) use catalogue::ALL;
pub use catalogue::Catalogue;
pub use plan::{Action, Deed, Ground, Plan, Prepared, Waiting};
pub use report::Report;
pub use settings::{Setting, SettingError, Settings, SettingsFile};
pub use task::{Demand, OwnWork, Phases, Task};
pub use work::{LibraryChange, News, SectionStep, Stage, TaskError, Work, WorkStep};
