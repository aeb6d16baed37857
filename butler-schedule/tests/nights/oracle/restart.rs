//! Rule 11: a shutdown, a crash, and what goes on afterwards.

use butler_api::{Origin, RunState};

use super::{Oracle, Run, Said};

const TOO_MANY_CRASHES: u32 = 3;

impl Oracle {
    pub(super) fn shut_down(&mut self, _now: i64) -> Said {
        for run in self.runs.iter_mut().filter(|run| run.works()) {
            // Whoever stopped it before meant it.
            if run.state != RunState::Stopping {
                (run.state, run.why) = (RunState::Stopping, Some("server-stopped"));
            }
        }
        self.shutting_down = true;
        Said::Nothing
    }

    fn goes_on(run: &Run, now: i64) -> bool {
        run.bound_until.map_or(matches!(run.origin, Origin::Person | Origin::Watch), |end| now < end)
    }

    /// The server went away in the middle of a run: it is kept, if it may go on.
    pub(super) fn interrupt(&mut self, id: u64, why: &'static str, now: i64) {
        if Self::goes_on(self.get(id), now) {
            let run = self.get(id);
            (run.state, run.why) = (RunState::Interrupted, Some(why));
        } else {
            self.finish(id, RunState::Interrupted, Some(why), now);
        }
    }

    /// The server is back, after a shutdown or a crash.
    pub(crate) fn restart(&mut self, now: i64) {
        self.over.clear();
        self.calendar.look_around(now);
        self.shutting_down = false;
        self.keep_lasting_pauses();
        let today = self.calendar.day(now);
        for run in self.runs.clone() {
            match (run.state, run.why) {
                (RunState::Queued | RunState::Scheduled, _) => continue,
                (RunState::Stopping, Some("server-stopped")) => self.interrupt(run.id, "server-stopped", now),
                (RunState::Stopping, why) => {
                    self.finish(run.id, RunState::Stopped, why, now);
                    continue;
                }
                (RunState::Interrupted, why) => self.interrupt(run.id, why.unwrap(), now),
                _ => {
                    let (day, count) = self.books[run.task].crashes;
                    let count = if day == today { count + 1 } else { 1 };
                    self.books[run.task].crashes = (today, count);
                    if count >= TOO_MANY_CRASHES {
                        self.finish(run.id, RunState::Failed, Some("crashed-three-times"), now);
                        continue;
                    }
                    self.interrupt(run.id, "server-crashed", now);
                }
            }
            if let Some(run) = self.runs.iter_mut().find(|other| other.id == run.id) {
                (run.state, run.why) = (RunState::Queued, None);
            }
        }
        if let Some((_, back)) = &mut self.owes {
            *back = now;
        }
        self.pass(now);
        self.settle(now);
    }
}
