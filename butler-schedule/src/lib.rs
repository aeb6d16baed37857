//! The schedule: pure logic that decides what runs when. `Schedule::handle(now, event)` is the only way to
//! start or stop anything; it answers whoever asked and orders effects, which the engine performs in their
//! order.
//!
//! It never does I/O, never asks the time, has no threads and no randomness: the same events give the same
//! effects. Start with [`Schedule`], [`Event`] and [`Effect`]; the rules of docs/scheduling.md live in
//! `day.rs` and `window.rs` (1, 10), `due.rs` (1, 3), `placement.rs` (2), `order.rs` (lanes, 11),
//! `recovery.rs` (11) and `schedule/` (2 to 9, pauses).

pub use butler_api::{Ask, Attendance, Crashes, Past, Pause, PauseEnd, RunRecord};

mod answer;
mod calendar;
mod day;
mod due;
mod effect;
mod event;
mod forecast;
mod next_night;
mod order;
mod placement;
mod recovery;
mod row;
mod run_rules;
mod run_state;
mod schedule;
mod settings;
mod window;

pub use answer::{Answer, StartAnswer, Step};
pub use effect::{Effect, SecondRun, WakeReason};
pub use event::{Event, RunEnd};
pub use forecast::{BacklogAhead, Expected, Forecast, How, NightAhead, RunAhead, Work, windows_ahead};
pub use recovery::Remembered;
pub use row::{AtWindowEnd, Lane, Row, Timing};
pub use run_rules::MOST_PATHS;
pub use run_state::{Change, IllegalChange};
pub use schedule::{Schedule, Task};
pub use settings::{CatchUp, Settings};
pub use window::{Window, WindowDays, WindowSettings};
