//! What the window starts by itself (docs/scheduling.md, rule 2). Asked after every event and from the
//! present state alone: that a window opened, that the server was started inside it, and that a task was
//! switched on are all the same.

use std::collections::BTreeSet;

use butler_api::{Ask, Origin, Reason, RunState, TaskName};

use super::Schedule;
use super::asap::Own;
use crate::calendar::Present;
use crate::run_rules::RunRules;
use crate::{AtWindowEnd, Change, Effect, Row, RunRecord, SecondRun, Window, placement};

impl Schedule {
    /// Each task that is due and has no run of its own gets one, or is missed.
    ///
    /// # Errors
    /// If a task that is in `made` was to get another one; each task that gets a run is put in there.
    pub(super) fn by_itself(
        &mut self,
        present: Present,
        made: &mut BTreeSet<TaskName>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), SecondRun> {
        let Some(window) = present.window else { return Ok(()) };
        for index in 0..self.rows.len() {
            if self.due(&self.rows[index], window.day).is_ok() {
                let row = self.rows[index].clone();
                self.take_up(&row, &window, present, made, effects)?;
            }
        }
        Ok(())
    }

    fn take_up(
        &mut self,
        row: &Row,
        window: &Window,
        present: Present,
        made: &mut BTreeSet<TaskName>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), SecondRun> {
        let own = |run: &RunRecord| run.task == row.name && run.counts();
        let is_owed = |run: &RunRecord| run.origin == Origin::CatchUp && run.state == RunState::Scheduled;
        if self.live.iter().any(|run| own(run) && run.waits() && !is_owed(run)) {
            return Ok(());
        }
        // One that counts for an earlier day is followed by the window's own.
        if self.live.iter().any(|run| own(run) && run.is_active() && run.day >= Some(window.day)) {
            return Ok(());
        }
        if !self.has_room(row, window, present) {
            return self.miss_for_want_of_room(&row.name, window, present, made, effects);
        }
        if self.take_owed_over(row, window, present, effects) {
            return Ok(());
        }
        let own = Own { origin: Origin::Window, force: false, bound_until: bound(window) };
        if self.turn_asap(&row.name, own, present, effects).is_none() {
            let mut run = self.new_run_by_itself(&row.name, present, made)?;
            run.bound_until = own.bound_until;
            self.place_or_queue(row, run, window, present, effects);
        }
        Ok(())
    }

    /// Settling goes round until nothing ends any more: a task whose run ended at once and that is due all
    /// the same would be given runs for ever.
    fn new_run_by_itself(
        &mut self,
        task: &TaskName,
        present: Present,
        made: &mut BTreeSet<TaskName>,
    ) -> Result<RunRecord, SecondRun> {
        if !made.insert(task.clone()) {
            return Err(SecondRun { task: task.clone() });
        }
        Ok(self.new_run(task, Origin::Window, Ask::default(), present.now))
    }

    /// Rule 8: a window that opens first takes what an earlier one owes over as its own.
    fn take_owed_over(
        &mut self,
        row: &Row,
        window: &Window,
        present: Present,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let is_owed = |run: &RunRecord| {
            run.task == row.name && run.origin == Origin::CatchUp && run.state == RunState::Scheduled
        };
        let Some(index) = self.live.iter().position(is_owed) else { return false };
        let mut run = self.live.remove(index);
        run.origin = Origin::Window;
        run.day = None;
        run.bound_until = bound(window);
        self.place_or_queue(row, run, window, present, effects);
        true
    }

    /// A randomised one is placed; one that is placed at the present moment, and any other, enters its lane
    /// at once. Settling begins that or says what it waits for, and saves it either way.
    pub(super) fn place_or_queue(
        &mut self,
        row: &Row,
        mut run: RunRecord,
        window: &Window,
        present: Present,
        effects: &mut Vec<Effect>,
    ) {
        run.scheduled_at = row.timing.randomized.then(|| self.place(&row.name, window, present.now));
        if run.scheduled_at > Some(present.now) {
            run.state = RunState::Scheduled;
            effects.push(Effect::Save(run.clone()));
        } else {
            run.state = RunState::Queued;
        }
        let place = self.live.partition_point(|other| other.id < run.id);
        self.live.insert(place, run);
    }

    /// Once a day: it is said, and said no more.
    fn miss_for_want_of_room(
        &mut self,
        task: &TaskName,
        window: &Window,
        present: Present,
        made: &mut BTreeSet<TaskName>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), SecondRun> {
        if self.past(task).and_then(|past| past.missed) == Some(window.day) {
            return Ok(());
        }
        let mut run = self.new_run_by_itself(task, present, made)?;
        run.day = Some(window.day);
        if run.undergo(Change::Miss, Some(Reason::NoRoom), present.now).is_ok() {
            self.keep_end(&mut run, present, effects);
        }
        Ok(())
    }

    /// Whether a window has room for a task that is about to be queued.
    fn has_room(&self, row: &Row, window: &Window, present: Present) -> bool {
        let never_missed = window.whole_day || row.timing.at_window_end == AtWindowEnd::Finish;
        never_missed || placement::has_room(window.until, self.usual(&row.name), present.now)
    }
}

/// The end that stops what a window binds; none for one of the whole day.
pub(super) fn bound(window: &Window) -> Option<jiff::Timestamp> {
    (!window.whole_day).then_some(window.until)
}
