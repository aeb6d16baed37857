//! What holds whatever the rules say in detail. Looks at what was saved, and asks the oracle only for windows and for what is due.

use butler_api::{Origin, RunState};
use butler_schedule::{Event, Row, RunRecord};

use crate::calendar::Night;
use crate::oracle::{AWAY, Oracle};
use crate::world::records::Records;

/// What is kept from event to event.
#[derive(Default)]
pub(crate) struct Invariants {
    last: Option<i64>,
    /// The window that is being watched from its first instant on, and the tasks that were due then and have nothing yet.
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
                let passed = |task: &&usize| oracle.is_due(**task, night.day) && !oracle.has_excuse(**task, night.day) && !waits(**task);
                if let Some(task) = due.iter().find(passed) {
                    return Err(format!("{} was due and passed an open window without a word", oracle.rows[*task].name));
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
        if let Some((_, due)) = &mut self.watched
            && run.counts()
            && (run.state != RunState::Scheduled)
            && (run.state != RunState::Queued)
        {
            due.retain(|task| oracle.rows[*task].name != run.task);
        }
        if run.state == RunState::Scheduled && run.origin != Origin::CatchUp {
            let placed = at(run).ok_or("scheduled, and at no moment")?;
            if oracle.calendar.open(placed).is_none() {
                return Err(format!("it was placed outside of every window: {run:?}"));
            }
            let settings = matches!(event, Some(Event::SettingsChanged(_)));
            if let Some(before) = before.filter(|before| before.state == RunState::Scheduled && before.origin == run.origin)
                && at(before) != Some(placed)
                && !settings
                && at(before).is_none_or(|at| now - at <= AWAY)
            {
                return Err(format!("its moment moved: {before:?} to {run:?}"));
            }
        }
        Ok(())
    }

    /// After an event that changed something.
    pub(crate) fn after(&mut self, _now: i64, event: Option<&Event>, records: &Records, oracle: &Oracle) -> Result<(), String> {
        let works = |run: &&RunRecord| matches!(run.state, RunState::Running | RunState::Paused | RunState::Stopping);
        for Row { name, .. } in &oracle.rows {
            if records.unfinished.iter().filter(works).filter(|run| run.task == *name).count() > 1 {
                return Err(format!("two runs of {name} work at once"));
            }
        }
        if let Some(Event::RunEnded { run, .. }) = event
            && let Some(run) = records.unfinished.iter().find(|other| other.id == *run && other.state == RunState::Stopping)
        {
            return Err(format!("the engine said that it ended, and it did not: {run:?}"));
        }
        Ok(())
    }
}
