//! Starts by a person: one task, or all that are on (docs/scheduling.md, rules 3 and 4). Says what becomes of the request;
//! whether a new run begins now or waits is settled behind it, as after every event.

use butler_api::{Origin, Reason, RunId, RunState, TaskName};
use jiff::Timestamp;

use super::Schedule;
use crate::answer::{Answer, StartAnswer, Step};
use crate::due::on_its_day;
use crate::{Change, Effect, Row, RunRecord, placement};

/// What a person asked for.
#[derive(Debug, Clone, Copy)]
struct Ask {
    force: bool,
    section: Option<i64>,
    at: Timestamp,
}

/// What became of it, before it is settled whose turn it is.
#[derive(Debug)]
enum Admitted {
    /// A run stands in its lane that did not stand there before.
    Entered(RunId),
    /// The answer is known.
    Answered(StartAnswer),
}

impl Schedule {
    /// Rule 4. A request limited to a section is always forced.
    pub(super) fn start_one(&mut self, task: &TaskName, force: bool, section: Option<i64>, now: Timestamp) -> Step {
        let mut effects = Vec::new();
        let Some(row) = self.row(task).cloned() else {
            return Step { answer: Answer::UnknownTask, effects };
        };
        let ask = Ask { force, section, at: now };
        let is_off = !force && !self.is_on(task) && self.there(task, ask).is_none();
        let admitted = if is_off {
            Admitted::Answered(self.skip(&row, ask, switched_off(&row), &mut effects))
        } else {
            self.admit(&row, ask, &mut effects)
        };
        self.settle(now, &mut effects);
        Step { answer: Answer::Start(self.answer(admitted)), effects }
    }

    /// Rule 3. Force counts against day and window only: a task that is off was not asked for, and leaves no run.
    pub(super) fn start_all(&mut self, force: bool, now: Timestamp) -> Step {
        let mut effects = Vec::new();
        let ask = Ask { force, section: None, at: now };
        let mut admitted = Vec::new();
        for row in self.rows.clone() {
            let of_task = if self.is_on(&row.name) {
                self.admit(&row, ask, &mut effects)
            } else {
                Admitted::Answered(StartAnswer::Skipped { reason: switched_off(&row), due: None, run: None })
            };
            admitted.push((row.name, of_task));
        }
        self.settle(now, &mut effects);
        let answers = admitted.into_iter().map(|(task, admitted)| (task, self.answer(admitted))).collect();
        Step { answer: Answer::StartAll(answers), effects }
    }

    fn admit(&mut self, row: &Row, ask: Ask, effects: &mut Vec<Effect>) -> Admitted {
        if let Some(there) = self.there(&row.name, ask) {
            return there;
        }
        if ask.force {
            return Admitted::Entered(self.enter_forced(row, ask));
        }
        let last = self.past.get(&row.name).and_then(|past| past.last_completed);
        if let Err(why) = on_its_day(row.every_days, last, self.day(ask.at)) {
            return Admitted::Answered(self.skip(row, ask, why.reason(), effects));
        }
        let mut run = self.new_run(row, ask);
        if let Some(window) = self.window(ask.at) {
            let has_room = placement::has_room(&window, self.usual(&row.name), ask.at);
            // With less room it is free, not `missed`: a person asked for it (rule 6).
            run.bound_until = (has_room && !window.whole_day).then_some(window.until);
            let at = self.place(&row.name, &window, ask.at);
            if row.randomized && at > ask.at {
                run.state = RunState::Scheduled;
                run.scheduled_at = Some(at);
                effects.push(Effect::Save(run.clone()));
                let answer = StartAnswer::Scheduled { run: run.id, at };
                self.live.push(run);
                return Admitted::Answered(answer);
            }
        }
        Admitted::Entered(self.enter(run))
    }

    /// What is already scheduled, queued or running stays as it is, if it does what is asked for. A run that was told to
    /// stop does not, and one that is limited to a section does only that section: a request for more waits behind it.
    fn there(&self, task: &TaskName, ask: Ask) -> Option<Admitted> {
        let mut covering = self.live.iter().filter(|run| run.task == *task && run.covers(ask.section));
        let at_work = |run: &&RunRecord| matches!(run.state, RunState::Running | RunState::Paused | RunState::Queued);
        if let Some(run) = covering.clone().find(at_work) {
            return Some(Admitted::Answered(StartAnswer::Running { run: run.id }));
        }
        let placed = covering.find(|run| run.state == RunState::Scheduled && !ask.force)?;
        Some(Admitted::Answered(StartAnswer::Scheduled { run: placed.id, at: placed.scheduled_at? }))
    }

    /// A forced start enters its lane now, under the id of the scheduled run if there is one. A run limited to a section
    /// leaves that alone: the rest of the task is still to come.
    fn enter_forced(&mut self, row: &Row, ask: Ask) -> RunId {
        let is_absorbed = |run: &&mut RunRecord| run.task == row.name && run.state == RunState::Scheduled && ask.section.is_none();
        if let Some(run) = self.live.iter_mut().find(is_absorbed)
            && run.undergo(Change::Enter, None).is_ok()
        {
            run.origin = Origin::Person;
            run.forced = true;
            run.scheduled_at = None;
            run.bound_until = None;
            return run.id;
        }
        let run = self.new_run(row, ask);
        self.enter(run)
    }

    /// Queued without a reason: settling begins it or gives it one, and saves it either way.
    fn enter(&mut self, run: RunRecord) -> RunId {
        let id = run.id;
        self.live.push(run);
        id
    }

    /// A skip is a run too, so that the history says why nothing happened.
    fn skip(&mut self, row: &Row, ask: Ask, reason: Reason, effects: &mut Vec<Effect>) -> StartAnswer {
        let mut run = self.new_run(row, ask);
        let due = match &reason {
            Reason::NotItsDay { due, .. } => Some(*due),
            _ => None,
        };
        run.state = RunState::Skipped;
        run.reason = Some(reason.clone());
        run.ended_at = Some(ask.at);
        let answer = StartAnswer::Skipped { reason, due, run: Some(run.id) };
        effects.push(Effect::Save(run));
        answer
    }

    fn new_run(&mut self, row: &Row, ask: Ask) -> RunRecord {
        RunRecord {
            id: self.take_id(),
            task: row.name.clone(),
            origin: Origin::Person,
            forced: ask.force,
            section: ask.section,
            state: RunState::Queued,
            reason: None,
            asked_at: ask.at,
            started_at: None,
            ended_at: None,
            day: None,
            ended_day: None,
            scheduled_at: None,
            bound_until: None,
            crashes: None,
        }
    }

    fn answer(&self, admitted: Admitted) -> StartAnswer {
        match admitted {
            Admitted::Answered(answer) => answer,
            Admitted::Entered(run) => {
                let waiting = self.live.iter().find(|live| live.id == run && live.state == RunState::Queued);
                StartAnswer::Started { run, waits: waiting.and_then(|run| run.reason.clone()) }
            }
        }
    }
}

fn switched_off(row: &Row) -> Reason {
    Reason::SwitchedOff { switch: row.switch.to_owned() }
}
