//! The state between two events, and the one door by which it changes. Starts are in `schedule/start.rs`, stops and ends in
//! `schedule/stop.rs`; here is what every event ends with: whose turn it is, and when to be woken next.
//! It never does anything itself: see [`Effect`].

mod start;
mod stop;

use std::collections::BTreeMap;

use butler_api::{Reason, RunId, RunState, TaskName};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::answer::{Answer, Step};
use crate::placement::{self, Draw};
use crate::recovery::{self, Past, Remembered};
use crate::{Change, Effect, Event, Row, RunRecord, Settings, WakeReason, Window, day, order, window};

/// A wake-up that is later than this was slept through: the clock is read again at least every 30 s (rule 10).
const SLEPT_THROUGH: SignedDuration = SignedDuration::from_secs(60);

/// What runs, what waits, and what is remembered of the past.
#[derive(Debug, Clone)]
pub struct Schedule {
    rows: Vec<Row>,
    settings: Settings,
    past: BTreeMap<TaskName, Past>,
    /// Runs that are not terminal, by id.
    live: Vec<RunRecord>,
    next_run: RunId,
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
    pub fn restore(rows: Vec<Row>, settings: Settings, remembered: Remembered, now: Timestamp) -> (Self, Vec<Effect>) {
        let Remembered { unfinished, past, next_run, attendance: _, pauses: _ } = remembered;
        let mut schedule = Self { rows, settings, past, live: Vec::new(), next_run, wake: None, shutting_down: false };
        let mut effects = Vec::new();
        schedule.take_over(unfinished, now, &mut effects);
        schedule.settle(now, &mut effects);
        (schedule, effects)
    }

    /// Takes one event in: the only way to start or stop anything.
    pub fn handle(&mut self, now: Timestamp, event: Event) -> Step {
        let mut effects = Vec::new();
        let answer = match event {
            Event::StartAsked { task, force, section } => return self.start_one(&task, force || section.is_some(), section, now),
            Event::StartAllAsked { force } => return self.start_all(force, now),
            Event::StopAsked { task } => self.stop_task(&task, now, &mut effects),
            Event::StopAllAsked => self.stop_all(now, &mut effects),
            Event::RunEnded { run, end } => self.run_ended(run, end, now, &mut effects),
            Event::ShutdownAsked => self.shut_down(&mut effects),
            Event::Woke | Event::ItemsAdded | Event::PauseAsked(_) | Event::ResumeAsked { .. } => Answer::Nothing,
            Event::SettingsChanged(settings) => {
                self.settings = settings;
                Answer::Nothing
            }
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

    /// Takes over what was left. What goes on is queued here, and begins when everything is settled.
    fn take_over(&mut self, mut unfinished: Vec<RunRecord>, now: Timestamp, effects: &mut Vec<Effect>) {
        unfinished.sort_unstable_by_key(|run| run.id);
        let day = self.day(now);
        for mut run in unfinished.into_iter().filter(|run| run.ended_at.is_none()) {
            let known = self.row(&run.task).is_some();
            let crashes = &mut self.past.entry(run.task.clone()).or_default().crashes;
            if recovery::recover(&mut run, known, crashes, day, now).is_err() {
                continue;
            }
            if run.state.is_terminal() {
                run.ended_at = Some(now);
                effects.push(Effect::Save(run));
            } else {
                self.live.push(run);
            }
        }
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

    fn day(&self, now: Timestamp) -> Date {
        day::of(&self.settings.window, &self.settings.zone, now)
    }

    fn window(&self, now: Timestamp) -> Option<Window> {
        window::at(&self.settings.window, &self.settings.zone, now)
    }

    fn usual(&self, task: &TaskName) -> SignedDuration {
        placement::usual(self.past.get(task).map_or(&[], |past| &past.durations))
    }

    fn place(&self, task: &TaskName, window: &Window, now: Timestamp) -> Timestamp {
        placement::place(window, self.usual(task), Draw::of(&self.settings.server_id, task, window.day), now)
    }

    fn take_id(&mut self) -> RunId {
        let id = self.next_run;
        self.next_run = RunId(id.0 + 1);
        id
    }

    /// Ends every event: what was placed and has come enters its lane, whoever's turn it is begins, the others get their
    /// reason, and the next wake-up is asked for.
    fn settle(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        self.live.retain(|run| !run.state.is_terminal());
        if !self.shutting_down {
            self.admit_placed(now, effects);
        }
        self.begin_whose_turn_it_is(now, effects);
        self.ask_to_be_woken(now, effects);
    }

    /// Scheduled runs whose moment has come enter their lane; those that were slept through are placed anew in what is left
    /// (rule 2), and a bound one whose window has ended is `missed`.
    fn admit_placed(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        let window = self.window(now);
        for index in 0..self.live.len() {
            let run = &self.live[index];
            let Some(at) = run.scheduled_at.filter(|&at| run.state == RunState::Scheduled && at <= now) else { continue };
            let missed = run.bound_until.is_some_and(|end| end <= now);
            let slept_through = window.filter(|_| at.duration_until(now) > SLEPT_THROUGH);
            let anew = slept_through.map(|window| self.place(&run.task, &window, now)).filter(|&at| at > now);
            let run = &mut self.live[index];
            let (change, reason) = match (missed, anew) {
                (true, _) => (Change::Miss, Some(Reason::WindowEnded)),
                (false, Some(_)) => (Change::PlaceAnew, None),
                (false, None) => (Change::Enter, None),
            };
            if run.undergo(change, reason).is_err() {
                continue;
            }
            match change {
                Change::Miss => run.ended_at = Some(now),
                Change::PlaceAnew => run.scheduled_at = anew,
                // It is saved when it begins or is told what it waits for, in this same event.
                _ => continue,
            }
            effects.push(Effect::Save(run.clone()));
        }
        self.live.retain(|run| !run.state.is_terminal());
    }

    fn begin_whose_turn_it_is(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        let mut queued: Vec<_> = self
            .live
            .iter()
            .filter(|run| run.state == RunState::Queued)
            .filter_map(|run| Some((order::turn(self.row(&run.task)?, run), run.id)))
            .collect();
        queued.sort_unstable();
        let day = self.day(now);
        for (_, id) in queued {
            let Some(run) = self.live.iter().find(|run| run.id == id) else { continue };
            let wait = self.waits_for(run);
            let Some(run) = self.live.iter_mut().find(|run| run.id == id) else { continue };
            if wait.is_some() {
                if run.reason != wait {
                    run.reason = wait;
                    effects.push(Effect::Save(run.clone()));
                }
            } else if run.undergo(Change::Begin, None).is_ok() {
                run.started_at.get_or_insert(now);
                run.day.get_or_insert(day);
                effects.extend([Effect::Save(run.clone()), Effect::Begin { run: id }]);
            }
        }
    }

    fn waits_for(&self, run: &RunRecord) -> Option<Reason> {
        let lane_of = |run: &RunRecord| self.row(&run.task).map(|row| row.lane);
        let wait = order::waits_for(run, self.row(&run.task)?, &self.live, lane_of);
        wait.or(self.shutting_down.then_some(Reason::ServerStopped))
    }

    fn ask_to_be_woken(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        if self.shutting_down {
            return;
        }
        let placed = self.live.iter().filter(|run| run.state == RunState::Scheduled);
        let next = placed.filter_map(|run| Some((run.scheduled_at?, run))).min_by_key(|(at, run)| (*at, run.id));
        // A wake-up that has come is spent, even if the moment it was for stays the next one.
        let asked = self.wake.filter(|&at| at > now);
        self.wake = next.map(|(at, _)| at);
        if let Some((at, run)) = next.filter(|(at, _)| Some(*at) != asked) {
            effects.push(Effect::WakeAt { at, why: WakeReason::Placed { run: run.id, task: run.task.clone() } });
        }
    }
}
