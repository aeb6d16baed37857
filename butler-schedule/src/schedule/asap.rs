//! New items as soon as a scan found them (docs/scheduling.md, rule 7): runs that take those alone, and their
//! turning into whole ones. Which items are new, the library knows.

use butler_api::{Ask, Origin, RunId, RunState, TaskName};
use jiff::Timestamp;

use super::Schedule;
use crate::answer::Answer;
use crate::calendar::Present;
use crate::run_rules::RunRules;
use crate::{Effect, RunRecord};

/// What a fresh run of a person's or the window's would have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Own {
    pub(super) origin: Origin,
    pub(super) force: bool,
    pub(super) bound_until: Option<Timestamp>,
}

impl Schedule {
    /// Each task that wants them gets a run, unless one waits that will see them anyway.
    pub(super) fn items_added(&mut self, now: Timestamp) -> Answer {
        let wanting: Vec<TaskName> = self
            .rows
            .iter()
            .map(|row| &row.name)
            .filter(|task| self.wants_new_items(task))
            .cloned()
            .collect();
        for task in wanting {
            let run = self.new_run(&task, Origin::Asap, Ask::default(), now);
            self.live.push(run);
        }
        Answer::Nothing
    }

    fn wants_new_items(&self, task: &TaskName) -> bool {
        let will_see_them = |run: &RunRecord| run.task == *task && run.waits() && run.ask.section.is_none();
        self.is_on(task)
            && self.settings.as_soon_as_possible.contains(task)
            && !self.live.iter().any(will_see_them)
    }

    /// Turns a task's asap run, if one waits or works, into one of a person's or the window's: with all
    /// lacks, under its id.
    pub(super) fn turn_asap(
        &mut self,
        task: &TaskName,
        own: Own,
        present: Present,
        effects: &mut Vec<Effect>,
    ) -> Option<RunId> {
        let is_left_to_itself = |run: &RunRecord| {
            run.task == *task && run.origin == Origin::Asap && run.state != RunState::Stopping
        };
        let run = self.live.iter_mut().find(|run| is_left_to_itself(run))?;
        run.origin = own.origin;
        run.ask.force = own.force;
        run.bound_until = own.bound_until;
        if run.state == RunState::Queued {
            // One that was made in this very event is saved when everything is settled.
            effects.extend(run.reason.is_some().then(|| Effect::Save(run.clone())));
        } else {
            run.day = Some(present.day);
            effects.extend([Effect::Save(run.clone()), Effect::Widen { run: run.id, force: own.force }]);
        }
        Some(run.id)
    }
}
