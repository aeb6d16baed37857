//! Stops by a person and by a shutdown, and how runs end (docs/scheduling.md, rule 5). What waits leaves at once; what works
//! is told to, and has ended when the engine says so.

use butler_api::{Reason, RunId, RunState, TaskName};
use jiff::Timestamp;

use super::Schedule;
use crate::answer::Answer;
use crate::{Change, Effect, RunEnd, RunRecord, placement};

impl Schedule {
    /// Rule 5 for one task: what runs, with what waits behind it.
    pub(super) fn stop_task(&mut self, task: &TaskName, now: Timestamp, effects: &mut Vec<Effect>) -> Answer {
        if self.row(task).is_none() {
            return Answer::UnknownTask;
        }
        let stopped = self.stop_each(|run| run.task == *task, &Reason::StoppedByPerson, now, effects);
        if stopped.is_empty() { Answer::NotRunning } else { Answer::Stopped(stopped) }
    }

    /// Rule 5 for everything.
    pub(super) fn stop_all(&mut self, now: Timestamp, effects: &mut Vec<Effect>) -> Answer {
        Answer::Stopped(self.stop_each(|_| true, &Reason::AllStoppedByPerson, now, effects))
    }

    fn stop_each(&mut self, which: impl Fn(&RunRecord) -> bool, why: &Reason, now: Timestamp, effects: &mut Vec<Effect>) -> Vec<RunId> {
        let mut stopped = Vec::new();
        for run in self.live.iter_mut().filter(|run| which(run)) {
            stopped.push(run.id);
            let was = run.state;
            if is_stopped_by_person(run) || run.undergo(Change::Stop, Some(why.clone())).is_err() {
                continue;
            }
            if run.state.is_terminal() {
                run.ended_at = Some(now);
            }
            effects.push(Effect::Save(run.clone()));
            // One that is stopping already learns a stronger reason: a person's stop outlives a shutdown.
            if matches!(was, RunState::Running | RunState::Paused) {
                effects.push(Effect::Stop { run: run.id, why: why.clone() });
            }
        }
        stopped
    }

    /// Runs are told to end their step, and nothing begins any more. What waits, waits for the next start of the server.
    pub(super) fn shut_down(&mut self, effects: &mut Vec<Effect>) -> Answer {
        self.shutting_down = true;
        for run in self.live.iter_mut().filter(|run| matches!(run.state, RunState::Running | RunState::Paused)) {
            if run.undergo(Change::ShutDown, Some(Reason::ServerStopped)).is_ok() {
                effects.extend([Effect::Save(run.clone()), Effect::Stop { run: run.id, why: Reason::ServerStopped }]);
            }
        }
        Answer::Nothing
    }

    /// A run that ended by itself before its stop reached it ended as it says.
    pub(super) fn run_ended(&mut self, id: RunId, end: RunEnd, now: Timestamp, effects: &mut Vec<Effect>) -> Answer {
        let Some(run) = self.live.iter_mut().find(|run| run.id == id) else { return Answer::NotRunning };
        let (change, reason) = match end {
            RunEnd::Completed(reason) => (Change::Complete, Some(reason)),
            RunEnd::Failed(reason) => (Change::Fail, Some(reason)),
            RunEnd::Stopped if run.reason == Some(Reason::ServerStopped) => (Change::Interrupt, run.reason.clone()),
            RunEnd::Stopped => (Change::ConfirmStop, run.reason.clone()),
        };
        if let Err(illegal) = run.undergo(change, reason) {
            return Answer::Refused(illegal);
        }
        // Left open where it may go on: a run without `ended_at` is handed in at the next start.
        let goes_on = run.state == RunState::Interrupted && run.goes_on(now);
        run.ended_at = (!goes_on).then_some(now);
        effects.push(Effect::Save(run.clone()));
        let run = run.clone();
        self.remember(&run, now);
        Answer::Nothing
    }

    fn remember(&mut self, run: &RunRecord, now: Timestamp) {
        if run.state != RunState::Completed || !run.counts() {
            return;
        }
        let past = self.past.entry(run.task.clone()).or_default();
        past.last_completed = run.day;
        past.durations.extend(run.started_at.map(|started| started.duration_until(now)));
        let too_many = past.durations.len().saturating_sub(placement::USUAL_OF);
        past.durations.drain(..too_many);
    }
}

fn is_stopped_by_person(run: &RunRecord) -> bool {
    run.state == RunState::Stopping && matches!(run.reason, Some(Reason::StoppedByPerson | Reason::AllStoppedByPerson))
}
