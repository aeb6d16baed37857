//! Why a run is in its state: typed for programs, one English sentence for people.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{PauseOwner, RunId, TaskName, date, files_failed};

/// The reason of a run's state. `Display` is the sentence that API, command line and page show as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Reason {
    /// Skipped: the task's switch is off.
    SwitchedOff {
        /// Id of the setting that switches it on.
        switch: String,
    },
    /// Skipped: its interval has not passed.
    NotItsDay {
        /// The day it last completed.
        last: Date,
        /// The day from which it is due.
        due: Date,
    },
    /// Queued: an earlier run of the same task must end first.
    BehindItself {
        /// That run.
        run: RunId,
    },
    /// Queued: the scan goes before everything else.
    BehindScan {
        /// The run of the scan.
        run: RunId,
    },
    /// Queued: housekeeping goes one task at a time.
    BehindLane {
        /// The run in front.
        run: RunId,
        /// Its task.
        task: TaskName,
    },
    /// Waits for files that were written a moment ago to stand still.
    SettlingFiles,
    /// Stopped by a person.
    StoppedByPerson,
    /// Stopped since everything was.
    AllStoppedByPerson,
    /// Stopped by the window's end.
    WindowEnded,
    /// Missed: the window ended before its turn came.
    WindowOver,
    /// Missed: too little of the window was left for it.
    NoRoom,
    /// Skipped at its turn: a run of the task failed or was stopped by a person on that day.
    EndedThatDay {
        /// The day.
        day: Date,
    },
    /// Paused, or kept from its turn: everything is held.
    Held {
        /// Whose pause it is.
        owner: PauseOwner,
        /// Why, in the owner's words.
        note: Option<String>,
    },
    /// Interrupted: the server was shut down.
    ServerStopped,
    /// Interrupted: the server went away without a word.
    ServerCrashed,
    /// Interrupted: it worked or waited when the backup was made that was restored later.
    Restored,
    /// Failed: the server crashed three times on one day while this task ran.
    CrashedThreeTimes,
    /// Completed: every lack has its product.
    AllDone,
    /// Completed: there was nothing to do.
    NothingToDo,
    /// Completed, and some of it failed.
    DoneWithFailures {
        /// How many failures the run recorded.
        failures: u64,
        /// How many files failed in it.
        #[serde(default)]
        files: u64,
        /// What could not be done, where that is about no product of a file: `3 could not be removed: ...`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        undone: Option<String>,
    },
    /// Completed: nothing failed now, but some of it failed before.
    HeldBack {
        /// How many products failed before, and wait for their next try or rest.
        held_back: u64,
        /// How many files these are of.
        #[serde(default)]
        files: u64,
    },
    /// Completed without what lies under roots that are away: not there, suddenly empty or silent. The report
    /// says which.
    RootsAway {
        /// Those roots, as they were added.
        roots: Vec<String>,
        /// How many failures the run recorded.
        failures: u64,
        /// How many files failed in it.
        #[serde(default)]
        files: u64,
    },
    /// Failed: the task could not go on. The sentence says why and what to do.
    TaskFailed {
        /// That sentence.
        sentence: String,
    },
}

impl Reason {
    /// The word for programs, as it stands in `X-Butler-Outcome` and in bodies: `not-its-day`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SwitchedOff { .. } => "switched-off",
            Self::NotItsDay { .. } => "not-its-day",
            Self::BehindItself { .. } => "behind-itself",
            Self::BehindScan { .. } => "behind-scan",
            Self::BehindLane { .. } => "behind-lane",
            Self::SettlingFiles => "settling-files",
            Self::StoppedByPerson => "stopped-by-person",
            Self::AllStoppedByPerson => "all-stopped-by-person",
            Self::WindowEnded => "window-ended",
            Self::WindowOver => "window-over",
            Self::NoRoom => "no-room",
            Self::EndedThatDay { .. } => "ended-that-day",
            Self::Held { .. } => "held",
            Self::ServerStopped => "server-stopped",
            Self::ServerCrashed => "server-crashed",
            Self::Restored => "restored",
            Self::CrashedThreeTimes => "crashed-three-times",
            Self::AllDone => "all-done",
            Self::NothingToDo => "nothing-to-do",
            Self::DoneWithFailures { .. } => "done-with-failures",
            Self::HeldBack { .. } => "held-back",
            Self::RootsAway { .. } => "roots-away",
            Self::TaskFailed { .. } => "task-failed",
        }
    }

    /// What the code of a reason says to a person who is told no more than that: why a run waits or was not
    /// started. None for others.
    pub fn in_short(code: &str) -> Option<&'static str> {
        Some(match code {
            "switched-off" => "it is switched off",
            "not-its-day" => "it ran lately, and its interval has not passed",
            "behind-itself" => "it waits for an earlier run of the same task to end",
            "behind-scan" => "it waits for the scan of the libraries to end",
            "behind-lane" => "it waits for another task to end, for housekeeping goes one at a time",
            "held" => "it waits, for everything is paused",
            "ended-that-day" => "a run of it failed or was stopped by a person today",
            _ => return None,
        })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SwitchedOff { switch } => write!(f, "It is switched off (setting {switch})."),
            Self::NotItsDay { last, due } => {
                write!(f, "It last completed on {} and is due again on {}.", date(*last), date(*due))
            }
            Self::BehindItself { run } => write!(f, "It waits for run {run} of the same task to end."),
            Self::BehindScan { run } => write!(f, "It waits for the scan of the libraries, run {run}."),
            Self::BehindLane { run, task } => {
                write!(f, "It waits for {task}, run {run}: housekeeping goes one at a time.")
            }
            Self::SettlingFiles => {
                f.write_str("It waits for files that were written a moment ago to stand still.")
            }
            Self::StoppedByPerson => f.write_str("A person stopped it."),
            Self::AllStoppedByPerson => f.write_str("A person stopped all tasks."),
            Self::WindowEnded => f.write_str("The maintenance window ended; it goes on in the next one."),
            Self::WindowOver => {
                f.write_str("The maintenance window ended before its turn came; the next one tries again.")
            }
            Self::NoRoom => {
                f.write_str("Too little of the maintenance window was left for it; the next one tries again.")
            }
            Self::EndedThatDay { day } => {
                write!(f, "A run of it failed or was stopped by a person on {}.", date(*day))
            }
            Self::Held { owner, note } => {
                f.write_str(match owner {
                    PauseOwner::Person => "A person paused everything",
                    PauseOwner::Playback => "Everything is paused while something plays",
                    PauseOwner::Load => "Everything is paused while the machine is busy",
                    PauseOwner::Window => "A person paused everything until the maintenance window opens",
                })?;
                note.iter().try_for_each(|note| write!(f, ": {note}"))?;
                f.write_str(".")
            }
            Self::ServerStopped => f.write_str("The server was shut down."),
            Self::ServerCrashed => f.write_str("The server went away while it ran."),
            Self::Restored => {
                f.write_str("The database was restored from a backup that was made before it had ended.")
            }
            Self::CrashedThreeTimes => f.write_str(
                "The server crashed three times in one day while it ran; start it again by hand when the \
                 cause is mended.",
            ),
            Self::AllDone => f.write_str("Everything it found to do is done."),
            Self::NothingToDo => f.write_str("There was nothing to do."),
            Self::DoneWithFailures { undone: Some(undone), .. } => write!(f, "It is done, but {undone}."),
            Self::DoneWithFailures { failures, files, undone: None } => {
                write!(f, "It is done, but {}.", files_failed(*files, *failures))
            }
            Self::HeldBack { held_back, files } => {
                write!(f, "It is done; {} before.", files_failed(*files, *held_back))
            }
            Self::RootsAway { roots, failures, files } => {
                write!(f, "It is done, but for what lies under {}, which is away", roots.join(" and "))?;
                match failures {
                    0 => f.write_str("."),
                    _ => write!(f, ", and {}.", files_failed(*files, *failures)),
                }
            }
            Self::TaskFailed { sentence } => f.write_str(sentence),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_the_tag_of_the_stored_form() {
        let reasons = [
            Reason::SwitchedOff { switch: "GenerateBIFBehavior".into() },
            Reason::NotItsDay { last: jiff::civil::date(2026, 11, 22), due: jiff::civil::date(2026, 11, 29) },
            Reason::BehindLane { run: RunId(7), task: TaskName::OptimizeDatabase },
            Reason::AllDone,
            Reason::RootsAway { roots: vec!["/films".into()], failures: 2, files: 1 },
        ];
        for reason in reasons {
            let stored = serde_json::to_value(&reason).unwrap();
            assert_eq!(stored["code"], reason.code());
            assert_eq!(serde_json::from_value::<Reason>(stored).unwrap(), reason);
        }
    }

    #[test]
    fn what_failed_before_is_told_by_its_files() {
        let stored = serde_json::json!({ "code": "held-back", "held_back": 1, "files": 3 });
        let before: Reason = serde_json::from_value(stored).unwrap();
        assert_eq!(before.to_string(), "It is done; 3 files failed before.");
        // As it was stored before files were counted.
        let stored = serde_json::json!({ "code": "held-back", "held_back": 2 });
        let before: Reason = serde_json::from_value(stored).unwrap();
        assert_eq!(before.to_string(), "It is done; 2 failures before.");
    }

    #[test]
    fn what_was_done_with_failures_says_what_is_left_of_it() {
        // As it was stored before more was told of it.
        let stored = serde_json::json!({ "code": "done-with-failures", "failures": 5, "files": 2 });
        let of_files: Reason = serde_json::from_value(stored).unwrap();
        assert_eq!(of_files.to_string(), "It is done, but 2 files failed in 5 products.");
        let undone = Some("399 could not be removed: permission denied".to_owned());
        let of_house = Reason::DoneWithFailures { failures: 399, files: 0, undone };
        assert_eq!(of_house.to_string(), "It is done, but 399 could not be removed: permission denied.");
    }
}
