//! Rule 11: a shutdown, a crash, and what goes on afterwards.

use butler_api::RunState;
use butler_schedule::Pause;

use super::{Book, Hold, Oracle, Run, Said};
use crate::tally::Branch;

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
        run.bound_until.map_or(run.was_asked_for(), |end| now < end)
    }

    /// The server went away in the middle of a run: it is kept, if it may go on.
    pub(super) fn interrupt(&mut self, id: u64, why: &'static str, now: i64) {
        let run = *self.get(id);
        let goes_on = Self::goes_on(&run, now);
        let as_what = if run.bound_until.is_some() { Branch::GoesOnBound } else { Branch::GoesOnFree };
        self.tally.count(if goes_on { as_what } else { Branch::StaysInterrupted });
        if goes_on {
            let run = self.get(id);
            (run.state, run.why) = (RunState::Interrupted, Some(why));
            run.rests(now);
        } else {
            self.finish(id, RunState::Interrupted, Some(why), now);
        }
    }

    /// Remembers what was kept, and nothing else: the server went away in the middle of what an event
    /// ordered.
    pub(crate) fn remember_only(
        &mut self,
        runs: Vec<Run>,
        books: Vec<Book>,
        holds: &[Pause],
        owes: Option<i32>,
        next: u64,
    ) {
        self.tally.count(Branch::EffectsLost);
        (self.runs, self.books, self.next) = (runs, books, next);
        self.runs.sort_unstable_by_key(|run| run.id);
        let hold = |pause: &Pause| Hold {
            owner: pause.owner,
            since: pause.since.as_second(),
            until: pause.until,
            drains: pause.drains,
        };
        self.holds = holds.iter().map(hold).collect();
        self.owes = owes.map(|day| (day, 0));
    }

    /// The server is back, after a shutdown or a crash, with a note of when it was last there.
    pub(crate) fn restart(&mut self, now: i64, noted: i64) {
        self.seen = Some(noted);
        for run in &mut self.runs {
            run.rests(noted);
        }
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
                    self.tally.count(Branch::StopOutlives);
                    self.finish(run.id, RunState::Stopped, why, now);
                    continue;
                }
                (RunState::Interrupted, why) => self.interrupt(run.id, why.unwrap(), now),
                _ => {
                    let (day, count) = self.books[run.task].crashes;
                    let count = if day == today { count + 1 } else { 1 };
                    self.books[run.task].crashes = (today, count);
                    if self.tally.met(Branch::ThirdCrash, count >= TOO_MANY_CRASHES) {
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
        self.note_absence(now);
        self.drop_switched_off(now);
        self.place_what_lost_its_window(now);
        self.pass(now);
        self.settle(now);
    }
}
