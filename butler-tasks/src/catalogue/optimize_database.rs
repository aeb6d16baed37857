//! Checks the database from its first page to its last, then gives back the pages it needs no more and counts
//! its tables anew, in steps so small that nobody who writes meanwhile notices.
//!
//! A damaged database is never touched: the run fails, and says what to do.

use butler_api::TaskName;
use butler_library::{BackupError, DatabaseRoom};
use butler_schedule::{AtWindowEnd, Timing};

use crate::deeds::{Deeds, unreadable, words};
use crate::plan::{Action, Deed, Ground, Plan, Prepared};
use crate::report::Report;
use crate::settings::Setting;
use crate::task::{OwnWork, Phases, Task};
use crate::work::{TaskError, Work};

pub(crate) static TASK: Task = Task {
    name: TaskName::OptimizeDatabase,
    title: "Optimize Database",
    description: "Check the server's database, and give back the room that it needs no more",
    timing: Timing { rank: 80, at_window_end: AtWindowEnd::Finish, ..Timing::HOUSEKEEPING },
    switch: &SWITCH,
    settings: &[],
    section_switch: None,
    phases: Phases { work: OwnWork::Planned(prepare), ..Phases::NONE },
};

static SWITCH: Setting = Setting::flag(
    "ButlerTaskOptimizeDatabase",
    "Optimize database every week",
    "Check the database every week, give back the room that it needs no more, and count anew what its \
     queries are planned by.",
    true,
);

/// A database that was found to be sound.
struct Optimization {
    path: std::path::PathBuf,
    room: DatabaseRoom,
}

fn prepare(ground: &mut Ground<'_>) -> Result<Box<dyn Prepared>, TaskError> {
    ground.library.check_database(ground.is_stopping).map_err(|error| match error {
        BackupError::Stopped => TaskError::Stopped,
        BackupError::Damaged(finding) => TaskError::Failed(format!(
            "The database is damaged ({finding}) and was not touched: stop the server and run `butler backup \
             restore --newest`."
        )),
        other => TaskError::Failed(format!("The database could not be checked: {}.", words(&other))),
    })?;
    let room = ground.library.database_room().map_err(|error| unreadable(&error))?;
    Ok(Box::new(Optimization { path: ground.library.data_dir().join("butler.db"), room }))
}

impl Optimization {
    fn compact(&self) -> Option<Action> {
        let DatabaseRoom { page_bytes, free_pages, pages, can_shrink } = self.room;
        let reason = format!("{free_pages} of its {pages} pages hold nothing.");
        let (path, bytes) = (self.path.clone(), free_pages * page_bytes);
        (can_shrink && free_pages > 0).then_some(Action { deed: Deed::Compact, path, bytes, reason })
    }

    fn analyze(&self) -> Action {
        let reason = "Its queries are planned by how much is in its tables.".to_owned();
        Action { deed: Deed::Analyze, path: self.path.clone(), bytes: 0, reason }
    }
}

impl Prepared for Optimization {
    fn plan(&self) -> Plan {
        let actions = self.compact().into_iter().chain([self.analyze()]).collect();
        Plan { actions, waits: None, remarks: vec!["The database is sound.".to_owned()] }
    }

    fn carry_out(self: Box<Self>, work: &mut Work<'_>) -> Result<Report, TaskError> {
        let compacted = work
            .library
            .compact(&mut |done, total| {
                work.news.progress(done, total, None);
                (work.is_stopping)()
            })
            .map_err(|error| unreadable(&error))?;
        let (mut deeds, mut report) = (Deeds::default(), Report::default());
        if let Some(action) = self.compact().filter(|_| compacted.bytes_won > 0) {
            deeds.done(&Action { bytes: compacted.bytes_won, ..action });
        }
        if !compacted.is_cut {
            deeds.done(&self.analyze());
        }
        if compacted.bytes_won > 0 {
            report.bytes("given back", compacted.bytes_won);
        }
        report.count("steps", compacted.steps);
        report
            .ms("longest wait of a write", u64::try_from(compacted.longest.as_millis()).unwrap_or(u64::MAX));
        deeds.tell(&mut report);
        Ok(report)
    }
}
