//! Starts by a person: one task, or all that are on (docs/scheduling.md, rules 3 and 4). Says what becomes of
//! the request; whether a new run begins now or waits is settled behind it, as after every event.

use std::path::PathBuf;

use butler_api::{Ask, Origin, Reason, RunId, RunState, TaskName};

use super::Schedule;
use super::asap::Own;
use super::night::bound;
use crate::answer::{Answer, StartAnswer, Step};
use crate::calendar::Present;
use crate::due::on_its_day;
use crate::run_rules::{RunRules, outermost};
use crate::{Change, Effect, Lane, Row, RunRecord, placement};

/// What was asked for, by whom and when.
#[derive(Debug, Clone, Copy)]
struct Request<'a> {
    origin: Origin,
    ask: &'a Ask,
    /// Whether a run that works does not serve it, for that has passed what is to be looked at.
    looks_anew: bool,
    present: Present,
}

impl<'a> Request<'a> {
    fn of_person(ask: &'a Ask, row: &Row, present: Present) -> Self {
        let looks_anew = match row.timing.lane {
            Lane::Scan => true,
            // What it works on was looked for when it began.
            Lane::Housekeeping => ask.section.is_some(),
            // It is told to look again.
            Lane::Media => false,
        };
        Self { origin: Origin::Person, ask, looks_anew, present }
    }
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
    pub(super) fn start_one(
        &mut self,
        task: &TaskName,
        ask: Ask,
        present: Present,
        mut effects: Vec<Effect>,
    ) -> Step {
        let force = ask.force || ask.section.is_some();
        let ask = Ask { force, paths: outermost(ask.paths), ..ask };
        let Some(row) = self.row(task).cloned() else {
            self.settle(present.now, &mut effects);
            return Step { answer: Answer::UnknownTask, effects };
        };
        let request = Request::of_person(&ask, &row, present);
        let is_off = !force && !self.is_on(task) && self.there(&row, request).is_none();
        let admitted = if is_off {
            Admitted::Answered(self.skip(&row, request, switched_off(&row), &mut effects))
        } else {
            self.admit(&row, request, &mut effects)
        };
        self.settle(present.now, &mut effects);
        Step { answer: Answer::Start(self.answer(admitted)), effects }
    }

    /// Rule 11: a scan of a section, or of paths in it, which is always forced.
    pub(super) fn refresh(
        &mut self,
        section: i64,
        paths: Vec<PathBuf>,
        origin: Origin,
        present: Present,
        mut effects: Vec<Effect>,
    ) -> Step {
        let ask = Ask::of_section(section, outermost(paths));
        let request = Request { origin, ask: &ask, looks_anew: true, present };
        let scan = self.rows.iter().find(|row| row.timing.lane == Lane::Scan).cloned();
        let admitted = scan.map(|row| self.admit(&row, request, &mut effects));
        self.settle(present.now, &mut effects);
        let answer = admitted.map_or(Answer::UnknownTask, |admitted| Answer::Start(self.answer(admitted)));
        Step { answer, effects }
    }

    /// Rule 3. Force counts against day and window only: a task that is off was not asked for, and leaves no
    /// run.
    pub(super) fn start_all(&mut self, force: bool, present: Present, mut effects: Vec<Effect>) -> Step {
        let ask = Ask::all(force);
        let mut admitted = Vec::new();
        for row in self.rows.clone() {
            let of_task = if self.is_on(&row.name) {
                self.admit(&row, Request::of_person(&ask, &row, present), &mut effects)
            } else {
                Admitted::Answered(StartAnswer::Skipped { reason: switched_off(&row), due: None, run: None })
            };
            admitted.push((row.name, of_task));
        }
        self.settle(present.now, &mut effects);
        let answers = admitted.into_iter().map(|(task, admitted)| (task, self.answer(admitted))).collect();
        Step { answer: Answer::StartAll(answers), effects }
    }

    fn admit(&mut self, row: &Row, request: Request<'_>, effects: &mut Vec<Effect>) -> Admitted {
        if let Some(there) = self.there(row, request) {
            if let StartAnswer::Running { run } = there {
                self.serve(run, row, request, effects);
            }
            return Admitted::Answered(there);
        }
        if let Some(joined) = self.join(&row.name, request, effects) {
            return joined;
        }
        if request.ask.force {
            return Admitted::Entered(self.enter_forced(row, request, effects));
        }
        let last = self.past(&row.name).and_then(|past| past.last_completed);
        if let Err(why) = on_its_day(row.timing.every_days, last, request.present.day) {
            return Admitted::Answered(self.skip(row, request, why.reason(), effects));
        }
        // Outside of a window only: inside it `there` has answered.
        if let Some(taken) = self.take_scheduled_over(row, request) {
            return Admitted::Entered(taken);
        }
        let own =
            Own { origin: Origin::Person, force: false, bound_until: self.bound_for(row, request.present) };
        if let Some(turned) = self.turn_asap(&row.name, own, request.present, effects) {
            return Admitted::Entered(turned);
        }
        let mut run = self.asked(row, request);
        run.bound_until = own.bound_until;
        let Some(window) = request.present.window else { return Admitted::Entered(self.enter(run)) };
        let id = run.id;
        self.place_or_queue(row, run, &window, request.present, effects);
        match self
            .live
            .iter()
            .find(|run| run.id == id && run.state == RunState::Scheduled)
            .and_then(|run| run.scheduled_at)
        {
            Some(at) => Admitted::Answered(StartAnswer::Scheduled { run: id, at }),
            None => Admitted::Entered(id),
        }
    }

    /// The end that binds a start inside a window. With too little room it is free, not missed: a person
    /// asked for it (rule 6).
    fn bound_for(&self, row: &Row, present: Present) -> Option<jiff::Timestamp> {
        let window = present.window?;
        bound(&window).filter(|&end| placement::has_room(end, self.usual(&row.name), present.now))
    }

    /// What is queued or running already and does what is asked for, and inside a window what is scheduled. A
    /// run that was told to stop does not, and one that is limited to a section does only that section: a
    /// request for more waits behind it. So does a scan that works: what came into a folder that it has
    /// passed would be lost. Of a task that keeps house a run of everything does not what a person asks of
    /// one section: it waits for days, and asks. A media run of everything that leaves alone what failed is
    /// not made to try all of it for the sake of one section, or of some files of it.
    fn there(&self, row: &Row, request: Request<'_>) -> Option<StartAnswer> {
        let section = request.ask.section;
        let does_it = |run: &RunRecord| match row.timing.lane {
            Lane::Scan => true,
            Lane::Housekeeping => section.is_none() || run.ask.section == section,
            Lane::Media => section.is_none() || run.ask.force,
        };
        let mut covering =
            self.live.iter().filter(|run| run.task == row.name && run.covers(request.ask) && does_it(run));
        let serves = |run: &&RunRecord| match run.state {
            // One that the window's end or a switch may take away promises nothing to who asks by force for
            // what is there now.
            RunState::Queued => !(request.looks_anew && request.ask.force) || run.is_sure(),
            RunState::Running | RunState::Paused => !request.looks_anew,
            _ => false,
        };
        if let Some(run) = covering.clone().find(serves) {
            return Some(StartAnswer::Running { run: run.id });
        }
        let stays = !request.ask.force && request.present.window.is_some();
        let placed = covering.find(|run| run.state == RunState::Scheduled && stays)?;
        Some(StartAnswer::Scheduled { run: placed.id, at: placed.scheduled_at? })
    }

    /// What the run that is there must do besides, so that nothing of what a person asks for is lost: one
    /// that is asked for by force becomes a person's and tries again what failed; a media run that works
    /// looks once more for what is lacking.
    fn serve(&mut self, id: RunId, row: &Row, request: Request<'_>, effects: &mut Vec<Effect>) {
        let Some(run) = self.live.iter_mut().find(|run| run.id == id) else { return };
        // What watched folders ask for looks anew, and tries nothing again.
        let is_less = !run.ask.force || run.origin == Origin::Watch;
        if request.ask.force && request.origin == Origin::Person && is_less {
            run.ask.force = true;
            run.origin = Origin::Person;
            run.bound_until = None;
            // One that was made in this very event is saved when everything is settled.
            let is_stored = run.state != RunState::Queued || run.reason.is_some();
            effects.extend(is_stored.then(|| Effect::Save(run.clone())));
        }
        if row.timing.lane == Lane::Media && run.is_active() {
            effects.push(Effect::Widen { run: id });
        }
    }

    /// A run of paths or contents of a section that waits takes in what else of it is asked for.
    fn join(&mut self, task: &TaskName, request: Request<'_>, effects: &mut Vec<Effect>) -> Option<Admitted> {
        request.ask.section?;
        let may_join = |run: &RunRecord| {
            run.task == *task && run.state == RunState::Queued && run.may_take_in(request.ask)
        };
        let run = self.live.iter_mut().find(|run| may_join(run))?;
        run.take_in(request.ask);
        if request.origin == Origin::Person {
            run.origin = Origin::Person;
        }
        effects.push(Effect::Save(run.clone()));
        Some(Admitted::Answered(StartAnswer::Running { run: run.id }))
    }

    /// A forced start enters its lane now, under the id of the scheduled run if there is one. A run limited
    /// to a section leaves that alone, and what new items brought: the rest of the task is still to come.
    fn enter_forced(&mut self, row: &Row, request: Request<'_>, effects: &mut Vec<Effect>) -> RunId {
        let taken = if request.ask.section.is_none() {
            self.take_scheduled_over(row, request).or_else(|| self.turn_forced(row, request, effects))
        } else {
            None
        };
        taken.unwrap_or_else(|| {
            let run = self.asked(row, request);
            self.enter(run)
        })
    }

    /// A scheduled run becomes a person's, and enters its lane.
    fn take_scheduled_over(&mut self, row: &Row, request: Request<'_>) -> Option<RunId> {
        let run =
            self.live.iter_mut().find(|run| run.task == row.name && run.state == RunState::Scheduled)?;
        run.undergo(Change::Enter, None, request.present.now).ok()?;
        run.origin = Origin::Person;
        run.ask.force = request.ask.force;
        run.bound_until = None;
        run.day = None;
        Some(run.id)
    }

    fn turn_forced(&mut self, row: &Row, request: Request<'_>, effects: &mut Vec<Effect>) -> Option<RunId> {
        let own = Own { origin: Origin::Person, force: true, bound_until: None };
        self.turn_asap(&row.name, own, request.present, effects)
    }

    /// Queued without a reason: settling begins it or gives it one, and saves it either way.
    fn enter(&mut self, run: RunRecord) -> RunId {
        let id = run.id;
        self.live.push(run);
        id
    }

    /// A skip is a run too, so that the history says why nothing happened.
    fn skip(
        &mut self,
        row: &Row,
        request: Request<'_>,
        reason: Reason,
        effects: &mut Vec<Effect>,
    ) -> StartAnswer {
        let mut run = self.asked(row, request);
        let due = match &reason {
            Reason::NotItsDay { due, .. } => Some(*due),
            _ => None,
        };
        let answer = StartAnswer::Skipped { reason: reason.clone(), due, run: Some(run.id) };
        if run.undergo(Change::Skip, Some(reason), request.present.now).is_ok() {
            self.keep_end(&mut run, request.present, effects);
        }
        answer
    }

    fn asked(&mut self, row: &Row, request: Request<'_>) -> RunRecord {
        self.new_run(&row.name, request.origin, request.ask.clone(), request.present.now)
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
