//! What holds whatever the rules say in detail. Looks at what was saved, and asks the oracle only for windows
//! and for what is due.

use butler_api::{Origin, Reason, RunId, RunState};
use butler_schedule::{AtWindowEnd, Event, Row, RunRecord};

use crate::calendar::Night;
use crate::oracle::{AWAY, Oracle};
use crate::world::records::Records;

/// What is kept from event to event.
#[derive(Default)]
pub(crate) struct Invariants {
    last: Option<i64>,
    /// The window that is being watched from its first instant on, and the tasks that were due then and have
    /// nothing yet.
    watched: Option<(Night, Vec<usize>)>,
}

impl Invariants {
    pub(crate) fn restarted(&mut self) {
        self.watched = None;
    }

    pub(crate) fn clock_set(&mut self) {
        self.watched = None;
    }

    /// Every event: nothing due passes an open window without a word.
    pub(crate) fn passed(&mut self, now: i64, event: &Event, oracle: &Oracle) -> Result<(), String> {
        let away = self.last.replace(now).is_none_or(|last| now - last > AWAY || now < last);
        if matches!(event, Event::SettingsChanged(_)) {
            self.watched = None;
        }
        let open = oracle.calendar.open(now);
        if let Some((night, due)) = &self.watched {
            if away {
                self.watched = None;
            } else if now >= night.until.unwrap() {
                let waits = |task: usize| oracle.runs.iter().any(|run| run.task == task && run.own());
                let passed = |task: &&usize| {
                    oracle.is_due(**task, night.day)
                        && !oracle.has_excuse(**task, night.day)
                        && !waits(**task)
                };
                if let Some(task) = due.iter().find(passed) {
                    return Err(format!(
                        "{} was due and passed an open window without a word",
                        oracle.rows[*task].name
                    ));
                }
                self.watched = None;
            }
        }
        if let Some(night) = open.filter(|night| night.from == now)
            && self.watched.is_none()
        {
            let due = (0..oracle.rows.len()).filter(|task| oracle.is_due(*task, night.day)).collect();
            self.watched = Some((night, due));
        }
        Ok(())
    }

    /// Each run that is saved.
    pub(crate) fn saved(
        &mut self,
        now: i64,
        event: Option<&Event>,
        before: Option<&RunRecord>,
        run: &RunRecord,
        oracle: &Oracle,
    ) -> Result<(), String> {
        let at = |run: &RunRecord| run.scheduled_at.map(|at| at.as_second());
        // What a shutdown was stopping may go on at the next start; what a person or the window's end was
        // stopping may not.
        let meant = |before: &RunRecord| event.is_some() || before.reason != Some(Reason::ServerStopped);
        let was_to_stop = before.is_some_and(|before| before.state == RunState::Stopping && meant(before));
        if was_to_stop && run.state != RunState::Stopping && !run.state.is_terminal() {
            return Err(format!("it was to stop, and goes on: {run:?}"));
        }
        let begins =
            run.state == RunState::Running && before.is_none_or(|before| before.state == RunState::Queued);
        let finishes = |run: &RunRecord| {
            oracle
                .rows
                .iter()
                .any(|row| row.name == run.task && row.timing.at_window_end == AtWindowEnd::Finish)
        };
        if begins && run.bound_until.is_some_and(|end| end.as_second() <= now) && !finishes(run) {
            return Err(format!("it began after the end of its window: {run:?}"));
        }
        if let Some((_, due)) = &mut self.watched
            && run.counts()
            && (run.state != RunState::Scheduled)
            && (run.state != RunState::Queued)
        {
            due.retain(|task| oracle.rows[*task].name != run.task);
        }
        if run.state == RunState::Scheduled && run.origin != Origin::CatchUp {
            if at(run).is_none_or(|placed| oracle.calendar.open(placed).is_none()) {
                return Err(format!("it was placed outside of every window: {run:?}"));
            }
            let is_its_own = |run: &RunRecord| {
                let night = at(run).and_then(|placed| oracle.calendar.open(placed));
                // A person's start with too little room is free.
                let is_free = |night: Night| night.whole_day || run.origin == Origin::Person;
                let binds = |night: Night, end: i64| night.until == Some(end) && !night.whole_day;
                night.is_some_and(|night| {
                    run.bound_until.map_or(is_free(night), |end| binds(night, end.as_second()))
                })
            };
            if !is_its_own(run) {
                return Err(format!("it was placed in another window than the one that binds it: {run:?}"));
            }
            let placed = at(run);
            let settings = match event {
                Some(event) => matches!(event, Event::SettingsChanged(_)),
                // They changed when the server went away.
                None => before.is_some_and(|before| !is_its_own(before)),
            };
            if let Some(before) =
                before.filter(|before| before.state == RunState::Scheduled && before.origin == run.origin)
                && at(before) != placed
                && !settings
                && at(before).is_none_or(|at| now - at <= AWAY)
            {
                return Err(format!("its moment moved: {before:?} to {run:?}"));
            }
        }
        Ok(())
    }

    /// After an event that changed something.
    pub(crate) fn after(&mut self, now: i64, records: &Records, oracle: &Oracle) -> Result<(), String> {
        let works =
            |run: &&RunRecord| matches!(run.state, RunState::Running | RunState::Paused | RunState::Stopping);
        for Row { name, .. } in &oracle.rows {
            if records.unfinished.iter().filter(works).filter(|run| run.task == *name).count() > 1 {
                return Err(format!("two runs of {name} work at once"));
            }
        }
        let outlived = |run: &&RunRecord| {
            run.state != RunState::Stopping && run.bound_until.is_some_and(|end| end.as_second() <= now)
        };
        for Row { name, .. } in oracle.rows.iter().filter(|row| row.timing.at_window_end == AtWindowEnd::Stop)
        {
            if let Some(run) =
                records.unfinished.iter().filter(works).filter(outlived).find(|run| run.task == *name)
            {
                return Err(format!("it works on after the end of its window: {run:?}"));
            }
        }
        Ok(())
    }

    /// What the engine says has ended has ended, whatever it was told before.
    pub(crate) fn ended(&self, run: RunId, records: &Records) -> Result<(), String> {
        match records.find(run.0) {
            Some(run)
                if !run.state.is_terminal()
                    && run.state != RunState::Queued
                    && run.state != RunState::Scheduled =>
            {
                Err(format!("the engine said that it ended, and it did not: {run:?}"))
            }
            _ => Ok(()),
        }
    }

    /// The last note tells a start what is so: it lags behind by no part of a window.
    pub(crate) fn noted(&self, noted: i64, last: i64, oracle: &Oracle) -> Result<(), String> {
        match oracle.calendar.last_between(noted, last) {
            Some(night) if last.min(night.until.unwrap()) - noted.max(night.from) > AWAY => {
                Err(format!("the server was there until {last}, and its last note is of {noted}"))
            }
            _ => Ok(()),
        }
    }
}
