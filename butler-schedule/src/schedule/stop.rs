//! Stops by a person and by a shutdown, and how runs end (docs/scheduling.md, rule 5). What waits leaves at
//! once; what works is told to, and has ended when the engine says so.

use butler_api::{Reason, RunId, RunState, TaskName};
use jiff::Timestamp;

use super::Schedule;
use crate::answer::Answer;
use crate::calendar::Present;
use crate::run_rules::RunRules;
use crate::{Change, Effect, RunEnd, RunRecord};

impl Schedule {
    /// Rule 5 for one task: what runs, with what waits behind it.
    pub(super) fn stop_task(
        &mut self,
        task: &TaskName,
        present: Present,
        effects: &mut Vec<Effect>,
    ) -> Answer {
        if self.row(task).is_none() {
            return Answer::UnknownTask;
        }
        let stopped = self.stop_each(|run| run.task == *task, &Reason::StoppedByPerson, present, effects);
        if stopped.is_empty() { Answer::NotRunning } else { Answer::Stopped(stopped) }
    }

    /// Rule 5 for one run: what waits behind it has its turn.
    pub(super) fn stop_run(&mut self, id: RunId, present: Present, effects: &mut Vec<Effect>) -> Answer {
        let stopped = self.stop_each(|run| run.id == id, &Reason::StoppedByPerson, present, effects);
        if stopped.is_empty() { Answer::NotRunning } else { Answer::Stopped(stopped) }
    }

    /// Rule 5 for everything.
    pub(super) fn stop_all(&mut self, present: Present, effects: &mut Vec<Effect>) -> Answer {
        Answer::Stopped(self.stop_each(|_| true, &Reason::AllStoppedByPerson, present, effects))
    }

    fn stop_each(
        &mut self,
        which: impl Fn(&RunRecord) -> bool,
        why: &Reason,
        present: Present,
        effects: &mut Vec<Effect>,
    ) -> Vec<RunId> {
        let mut stopped = Vec::new();
        for index in 0..self.live.len() {
            if which(&self.live[index]) {
                stopped.push(self.live[index].id);
                self.stop(index, why, present, effects);
            }
        }
        stopped
    }

    pub(super) fn stop(&mut self, index: usize, why: &Reason, present: Present, effects: &mut Vec<Effect>) {
        if self.live[index].waits() {
            return self.close(index, Change::Stop, why.clone(), present, effects);
        }
        let run = &mut self.live[index];
        let was = run.state;
        if is_stopped_by_person(run) || run.undergo(Change::Stop, Some(why.clone()), present.now).is_err() {
            return;
        }
        effects.push(Effect::Save(run.clone()));
        // One that is stopping already learns a stronger reason: a person's stop outlives a shutdown.
        if was != RunState::Stopping {
            effects.push(Effect::Stop { run: run.id, why: why.clone() });
        }
    }

    /// Runs are told to end their step, and nothing begins any more. What waits, waits for the next start of
    /// the server.
    pub(super) fn shut_down(&mut self, now: Timestamp, effects: &mut Vec<Effect>) -> Answer {
        self.shutting_down = true;
        self.attending.note_now();
        for run in
            self.live.iter_mut().filter(|run| matches!(run.state, RunState::Running | RunState::Paused))
        {
            if run.undergo(Change::ShutDown, Some(Reason::ServerStopped), now).is_ok() {
                effects.extend([
                    Effect::Save(run.clone()),
                    Effect::Stop { run: run.id, why: Reason::ServerStopped },
                ]);
            }
        }
        Answer::Nothing
    }

    /// A run that ended by itself before its stop reached it ended as it says.
    pub(super) fn run_ended(
        &mut self,
        id: RunId,
        end: RunEnd,
        present: Present,
        effects: &mut Vec<Effect>,
    ) -> Answer {
        let Some(run) = self.live.iter_mut().find(|run| run.id == id) else { return Answer::NotRunning };
        let (change, reason) = match end {
            RunEnd::Completed(reason) => (Change::Complete, Some(reason)),
            RunEnd::Failed(reason) => (Change::Fail, Some(reason)),
            RunEnd::Stopped if run.reason == Some(Reason::ServerStopped) => {
                (Change::Interrupt, run.reason.clone())
            }
            RunEnd::Stopped => (Change::ConfirmStop, run.reason.clone()),
        };
        if let Err(illegal) = run.undergo(change, reason, present.now) {
            return Answer::Refused(illegal);
        }
        // Left open where it may go on: a run without `ended_at` is handed in at the next start.
        if run.state == RunState::Interrupted && run.goes_on(present.now) {
            effects.push(Effect::Save(run.clone()));
        } else {
            let mut run = run.clone();
            self.keep_end(&mut run, present, effects);
        }
        Answer::Nothing
    }
}

fn is_stopped_by_person(run: &RunRecord) -> bool {
    run.state == RunState::Stopping
        && matches!(run.reason, Some(Reason::StoppedByPerson | Reason::AllStoppedByPerson))
}
