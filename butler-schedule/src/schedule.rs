//! The state between two events, and the one door by which it changes. It never does anything itself: see
//! [`Effect`].
//!
//! Every event goes the same way. First it is seen whether Butler was away (`schedule/catch_up.rs`). Then the
//! event itself: starts (`start.rs`), new items (`asap.rs`), stops and ends (`stop.rs`), settings
//! (`changes.rs`), pauses (`pauses.rs`). Then everything is settled, from the present state and the clock
//! alone, so that a restart or a suspend takes the same way as a moment that came on time: pauses that are
//! over are lifted; the window's end stops and misses (`window_end.rs`); what a missed window owes is
//! scheduled (`catch_up.rs`); what was placed enters its lane (`turn.rs`); what is due is queued, placed,
//! missed or taken over (`night.rs`); and whoever's turn it is begins, or is skipped or missed (`turn.rs`).
//! Last, attendance is noted (`catch_up.rs`), and the next wake-up asked for (`wake.rs`).

mod asap;
mod catch_up;
mod changes;
mod night;
mod pauses;
mod start;
mod stop;
#[cfg(test)]
mod tests;
mod turn;
mod wake;
mod window_end;

use std::collections::{BTreeMap, BTreeSet};

use butler_api::{Ask, Origin, Reason, RunId, RunState, TaskName};
use jiff::{SignedDuration, Timestamp};

use crate::answer::{Answer, Step};
use crate::calendar::{Present, Stretch};
use crate::placement::{self, Draw};
use crate::recovery::{self, Remembered};
use crate::run_rules::RunRules;
use crate::{AtWindowEnd, Change, Effect, Event, Past, Pause, Row, RunRecord, Settings, Window, due, window};

/// What runs, what waits, and what is remembered of the past.
#[derive(Debug, Clone)]
pub struct Schedule {
    rows: Vec<Row>,
    settings: Settings,
    past: BTreeMap<TaskName, Past>,
    /// Runs that are not terminal, by id.
    live: Vec<RunRecord>,
    next_run: RunId,
    /// The strongest first.
    pauses: Vec<Pause>,
    attending: catch_up::Attending,
    /// What the calendar said last.
    stretch: Option<Stretch>,
    /// The moment of the last [`Effect::WakeAt`], until it comes.
    wake: Option<Timestamp>,
    shutting_down: bool,
}

/// A task as `GET /butler` lists it.
#[derive(Debug, Clone, Copy)]
pub struct Task<'a> {
    /// Its row.
    pub row: &'a Row,
    /// Whether its switch is on.
    pub enabled: bool,
    /// Its run: the one that works, else the next one that waits.
    pub live: Option<&'a RunRecord>,
}

impl Schedule {
    /// The schedule after a start of the server, with what of the past goes on (docs/scheduling.md, rule 11).
    ///
    /// What must be handed in is said at [`Remembered`].
    pub fn restore(
        rows: Vec<Row>,
        settings: Settings,
        remembered: Remembered,
        now: Timestamp,
    ) -> (Self, Vec<Effect>) {
        let Remembered { unfinished, past, next_run, attendance, pauses } = remembered;
        let attending = catch_up::Attending::since(attendance, now);
        let (live, stretch) = (Vec::new(), None);
        let mut schedule = Self {
            rows,
            settings,
            past,
            live,
            next_run,
            pauses: Vec::new(),
            attending,
            stretch,
            wake: None,
            shutting_down: false,
        };
        let mut effects = Vec::new();
        let present = schedule.present(now);
        schedule.take_over(unfinished, present, &mut effects);
        schedule.notice_absence(now, &mut effects);
        schedule.drop_switched_off(present, &mut effects);
        schedule.place_what_lost_its_window(present, &mut effects);
        schedule.take_over_pauses(pauses, present, &mut effects);
        schedule.settle(now, &mut effects);
        (schedule, effects)
    }

    /// Takes one event in: the only way to start or stop anything.
    pub fn handle(&mut self, now: Timestamp, event: Event) -> Step {
        let mut effects = Vec::new();
        let present = self.present(now);
        self.notice_absence(now, &mut effects);
        let answer = match event {
            Event::StartAsked { task, ask } => return self.start_one(&task, ask, present, effects),
            Event::RefreshAsked { section, paths, origin } => {
                return self.refresh(section, paths, origin, present, effects);
            }
            Event::StartAllAsked { force } => return self.start_all(force, present, effects),
            Event::StopAsked { task } => self.stop_task(&task, present, &mut effects),
            Event::StopRunAsked { run } => self.stop_run(run, present, &mut effects),
            Event::StopAllAsked => self.stop_all(present, &mut effects),
            Event::RunEnded { run, end } => self.run_ended(run, end, present, &mut effects),
            Event::ShutdownAsked => self.shut_down(now, &mut effects),
            Event::SettingsChanged(settings) => self.settings_changed(settings, present, &mut effects),
            Event::ItemsAdded => self.items_added(now),
            Event::PauseAsked(pause) => self.pause(pause, present, &mut effects),
            Event::ResumeAsked { owner } => self.resume(owner, &mut effects),
            Event::Woke => Answer::Nothing,
        };
        self.settle(now, &mut effects);
        Step { answer, effects }
    }

    /// Every task, in the rows' order.
    pub fn tasks(&self) -> impl Iterator<Item = Task<'_>> {
        self.rows.iter().map(|row| Task { row, enabled: self.is_on(&row.name), live: self.run_of(&row.name) })
    }

    /// The runs that are not terminal, by id.
    pub fn live(&self) -> &[RunRecord] {
        &self.live
    }

    /// The pauses that hold everything, the strongest first.
    pub fn pauses(&self) -> &[Pause] {
        &self.pauses
    }

    /// The maintenance window that contains a moment.
    pub fn window(&self, now: Timestamp) -> Option<Window> {
        window::at(&self.settings.window, &self.settings.zone, now)
    }

    /// The maintenance window that opens next after a moment; none if no day of the week has one.
    pub fn next_window(&self, now: Timestamp) -> Option<Window> {
        window::next(&self.settings.window, &self.settings.zone, now)
    }

    /// How long a task usually works: the median of its last five completed runs, five minutes without any.
    pub fn usual(&self, task: &TaskName) -> SignedDuration {
        placement::usual(self.past(task).map_or(&[], |past| &past.durations))
    }

    /// How long a run of a task takes, as lists and plans have it: its usual time, and no less than it takes
    /// to find nothing to do.
    pub fn takes(&self, task: &TaskName) -> SignedDuration {
        self.usual(task).max(placement::GLANCE)
    }

    /// Whether that is no more than a guess: no whole run of it completed yet.
    pub fn usual_is_guess(&self, task: &TaskName) -> bool {
        self.past(task).is_none_or(|past| past.durations.is_empty())
    }

    /// Whether a task is due on the day of a moment (docs/scheduling.md, rule 1).
    pub fn is_due(&self, task: &TaskName, now: Timestamp) -> bool {
        let day = crate::day::of(&self.settings.window, &self.settings.zone, now);
        self.row(task).is_some_and(|row| self.due(row, day).is_ok())
    }

    /// The settings that it goes by.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Takes over what was left. What goes on is queued here, and begins when everything is settled.
    fn take_over(&mut self, mut unfinished: Vec<RunRecord>, present: Present, effects: &mut Vec<Effect>) {
        unfinished.sort_unstable_by_key(|run| run.id);
        let seen_at = self.attending.seen_at().unwrap_or(Timestamp::MIN);
        for mut run in unfinished.into_iter().filter(|run| run.ended_at.is_none()) {
            // It worked for as long as is known: up to the last note, if that came later.
            run.count_work_until(seen_at);
            let known = self.row(&run.task).is_some();
            let crashes = &mut self.past.entry(run.task.clone()).or_default().crashes;
            if recovery::recover(&mut run, known, crashes, present.day, present.now).is_err() {
                continue;
            }
            if run.state.is_terminal() {
                self.keep_end(&mut run, present, effects);
            } else {
                self.live.push(run);
            }
        }
    }

    /// Ends every event: see the head of this file.
    fn settle(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        let present = self.present(now);
        self.forget_ended();
        if !self.shutting_down {
            self.lift_what_is_over(present, effects);
            self.end_windows(present, effects);
            self.hold_or_let_go(now, effects);
        }
        let mut made = BTreeSet::new();
        loop {
            let mut is_sound = true;
            if !self.shutting_down {
                self.owe(present, effects);
                self.admit_placed(present, effects);
                if let Err(second) = self.by_itself(present, &mut made, effects) {
                    effects.push(Effect::LogError(second));
                    is_sound = false;
                }
            }
            self.begin_whose_turn_it_is(present, effects);
            // What was skipped or missed at its turn no longer stands in the way of others.
            if !self.forget_ended() || !is_sound {
                break;
            }
        }
        self.note_attendance(present, effects);
        self.ask_to_be_woken(present, effects);
    }

    /// Whether there was any.
    fn forget_ended(&mut self) -> bool {
        let before = self.live.len();
        self.live.retain(|run| !run.state.is_terminal());
        self.live.len() < before
    }

    fn run_of(&self, task: &TaskName) -> Option<&RunRecord> {
        let place = |run: &&RunRecord| match run.state {
            RunState::Queued => 1,
            RunState::Scheduled => 2,
            _ => 0,
        };
        self.live.iter().filter(|run| run.task == *task).min_by_key(place)
    }

    fn is_on(&self, task: &TaskName) -> bool {
        !self.settings.switched_off.contains(task)
    }

    fn row(&self, task: &TaskName) -> Option<&Row> {
        self.rows.iter().find(|row| row.name == *task)
    }

    /// The moment at which it wants to be woken next.
    pub(crate) fn wake(&self) -> Option<Timestamp> {
        self.wake
    }

    /// What is remembered of a task.
    pub(crate) fn past(&self, task: &TaskName) -> Option<&Past> {
        self.past.get(task)
    }

    /// Whether the window's end lets its runs finish, and never misses it.
    fn finishes(&self, task: &TaskName) -> bool {
        self.row(task).is_some_and(|row| row.timing.at_window_end == AtWindowEnd::Finish)
    }

    /// What the calendar says of a moment.
    fn present(&mut self, now: Timestamp) -> Present {
        if let Some(present) = self.stretch.and_then(|stretch| stretch.at(now)) {
            return present;
        }
        let stretch = Stretch::around(&self.settings, now);
        self.stretch = Some(stretch);
        stretch.present
    }

    /// Rule 1.
    ///
    /// # Errors
    /// Why a task is not due on a day.
    fn due(&self, row: &Row, day: jiff::civil::Date) -> Result<(), Reason> {
        if !self.is_on(&row.name) {
            return Err(Reason::SwitchedOff { switch: row.switch.to_owned() });
        }
        let past = self.past(&row.name);
        due::due(
            row.timing.every_days,
            past.and_then(|past| past.last_completed),
            past.and_then(|past| past.given_up),
            day,
        )
    }

    fn place(&self, task: &TaskName, window: &Window, now: Timestamp) -> Timestamp {
        placement::place(window, self.usual(task), Draw::of(&self.settings.server_id, task, window.day), now)
    }

    fn new_run(&mut self, task: &TaskName, origin: Origin, ask: Ask, now: Timestamp) -> RunRecord {
        let id = self.next_run;
        self.next_run = RunId(id.0 + 1);
        RunRecord::new(id, task.clone(), origin, ask, now)
    }

    /// Ends a live run that has not begun, or does not go on; it is forgotten when everything is settled.
    fn close(
        &mut self,
        index: usize,
        change: Change,
        reason: Reason,
        present: Present,
        effects: &mut Vec<Effect>,
    ) {
        let mut run = self.live[index].clone();
        if run.undergo(change, Some(reason), present.now).is_ok() {
            self.keep_end(&mut run, present, effects);
            self.live[index] = run;
        }
    }

    /// Keeps the end of a run: its moment and its day, and what later days must know of it.
    fn keep_end(&mut self, run: &mut RunRecord, present: Present, effects: &mut Vec<Effect>) {
        run.ended_at = Some(present.now);
        run.ended_day = Some(present.day);
        self.remember(run);
        effects.push(Effect::Save(run.clone()));
    }

    fn remember(&mut self, run: &RunRecord) {
        if !run.counts() {
            return;
        }
        let past = self.past.entry(run.task.clone()).or_default();
        match (run.state, &run.reason) {
            (RunState::Completed, _) => {
                past.last_completed = run.day;
                past.durations.push(run.worked);
                let too_many = past.durations.len().saturating_sub(placement::USUAL_OF);
                past.durations.drain(..too_many);
            }
            (RunState::Failed, _)
            | (RunState::Stopped, Some(Reason::StoppedByPerson | Reason::AllStoppedByPerson)) => {
                past.given_up = run.ended_day;
            }
            (RunState::Stopped, Some(Reason::WindowEnded)) => past.cut = run.ended_day,
            (RunState::Missed, _) => past.missed = run.day,
            _ => {}
        }
    }
}
