//! The world round both schedulers: engine, library, clock and people of one simulated life. It carries
//! effects out, keeps what is saved, tells both what happens, and has them compared after every event. It
//! decides nothing about tasks.

mod acts;
pub(crate) mod records;
mod time;

use std::collections::VecDeque;
use std::fmt::Write as _;

use butler_api::{Reason, RunId, RunState};
use butler_schedule::{
    Attendance, Effect, Event, Pause, PauseEnd, Remembered, RunEnd, RunRecord, Schedule, Settings,
};
use jiff::Timestamp;

use self::records::Records;
use crate::calendar::day_number;
use crate::invariants::Invariants;
use crate::oracle::{Oracle, Run};
use crate::random::Random;
use crate::tally::Tally;
use crate::{compare, lives};

/// How many events are told of a life that failed.
const EVENTS_TOLD: usize = 40;

/// One simulated life.
pub(crate) struct World {
    pub(crate) now: i64,
    random: Random,
    machine: Schedule,
    oracle: Oracle,
    settings: Settings,
    records: Records,
    attendance: Option<Attendance>,
    pauses: Vec<Pause>,
    /// When the machine wants to be woken.
    wake: Option<i64>,
    /// What works, and how and when it will end.
    at_work: Vec<(u64, i64, RunEnd)>,
    next_act: i64,
    next_tick: i64,
    invariants: Invariants,
    told: VecDeque<(i64, Option<Event>, Vec<Effect>)>,
    before: Vec<Run>,
    last_told: i64,
    /// Whether the next event that orders more than one thing is carried out in part only.
    crashes_within: bool,
    pub(crate) events: u64,
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

impl World {
    pub(crate) fn tally(&self) -> &Tally {
        &self.oracle.tally
    }

    pub(crate) fn new(seed: u64) -> Result<(Self, i64), String> {
        let mut random = Random::new(seed);
        let (settings, now) = lives::beginning(seed, &mut random);
        let rows = lives::rows();
        let oracle = Oracle::new(rows.clone(), settings.clone(), now);
        let nothing = Remembered {
            unfinished: Vec::new(),
            past: Default::default(),
            next_run: RunId(1),
            attendance: None,
            pauses: Vec::new(),
        };
        let (machine, effects) = Schedule::restore(rows, settings.clone(), nothing, at(now));
        let mut world = Self {
            now,
            random,
            machine,
            oracle,
            settings,
            records: Records::default(),
            attendance: None,
            pauses: Vec::new(),
            wake: None,
            at_work: Vec::new(),
            next_act: now + 3_600,
            next_tick: now,
            invariants: Invariants::default(),
            told: VecDeque::new(),
            before: Vec::new(),
            last_told: now,
            crashes_within: false,
            events: 0,
        };
        world.take_in(None, None, effects, 1)?;
        Ok((world, now))
    }

    /// Tells both what happened, and compares.
    fn tell(&mut self, event: Event) -> Result<(), String> {
        self.events += 1;
        self.before.clone_from(&self.oracle.runs);
        let next_id = self.oracle.next_id();
        let said = self.oracle.step(self.now, &event);
        let step = self.machine.handle(at(self.now), event.clone());
        self.invariants.passed(self.now, &event, &self.oracle).map_err(|what| self.tale(&what))?;
        if self.crashes_within && step.effects.len() > 1 {
            return self.crash_within(event, step.effects);
        }
        self.last_told = self.now;
        self.take_in(Some(event), Some((said, step.answer)), step.effects, next_id)
    }

    /// The process goes away when it has carried out some of what an event ordered: the rest never was.
    fn crash_within(&mut self, event: Event, mut effects: Vec<Effect>) -> Result<(), String> {
        self.crashes_within = false;
        effects.truncate(self.random.between(0, effects.len() as i64 - 1) as usize);
        let done = self.carry_out(Some(&event), &effects);
        let is_change = matches!(event, Event::SettingsChanged(_));
        self.told.push_back((self.now, Some(event), effects));
        done.map_err(|what| self.tale(&what))?;
        self.records.forget_ended();
        let runs = self.records.unfinished.iter().map(|run| compare::stored(run, &self.oracle)).collect();
        let books = self.records.books(&self.oracle.rows);
        let owes = self.attendance.and_then(|note| note.away_on).map(day_number);
        self.oracle.remember_only(runs, books, &self.pauses, owes, self.records.next_run());
        // The note of this event may be lost, or be that of a clock that went back; and a window that is new
        // may reach back.
        let noted = self.attendance.filter(|_| is_change).map_or(self.now, |note| note.seen_at.as_second());
        self.last_told = self.last_told.min(self.now).min(noted);
        self.now += self.random.length(1, 7_200);
        self.next_tick = self.now + 30;
        self.restart()
    }

    /// A new process, after a shutdown or a crash.
    fn restart(&mut self) -> Result<(), String> {
        self.events += 1;
        let noted = self.attendance.ok_or("nobody noted that the server was there")?;
        self.invariants
            .noted(noted.seen_at.as_second(), self.last_told, &self.oracle)
            .map_err(|what| self.tale(&what))?;
        self.before.clear();
        let next_id = self.oracle.next_id();
        self.at_work.clear();
        self.wake = None;
        self.pauses.retain(|pause| {
            pause.owner == butler_api::PauseOwner::Person || pause.until == PauseEnd::WindowOpens
        });
        let remembered = Remembered {
            unfinished: self.records.unfinished.clone(),
            past: self.records.past(),
            next_run: RunId(self.records.next_run()),
            attendance: Some(noted),
            pauses: self.pauses.clone(),
        };
        let (machine, effects) =
            Schedule::restore(self.oracle.rows.clone(), self.settings.clone(), remembered, at(self.now));
        self.machine = machine;
        self.last_told = self.now;
        self.oracle.restart(self.now, noted.seen_at.as_second());
        self.invariants.restarted();
        self.take_in(None, None, effects, next_id)
    }

    fn take_in(
        &mut self,
        event: Option<Event>,
        answers: Option<(crate::oracle::Said, butler_schedule::Answer)>,
        effects: Vec<Effect>,
        next_id: u64,
    ) -> Result<(), String> {
        if self.told.len() == EVENTS_TOLD {
            self.told.pop_front();
        }
        self.told.push_back((self.now, event, effects));
        let checked = self.carry_out_and_check(answers, next_id);
        checked.map_err(|what| self.tale(&what))
    }

    fn carry_out_and_check(
        &mut self,
        answers: Option<(crate::oracle::Said, butler_schedule::Answer)>,
        next_id: u64,
    ) -> Result<(), String> {
        let (_, event, effects) = self.told.pop_back().unwrap();
        let done = self.carry_out(event.as_ref(), &effects);
        self.told.push_back((self.now, event, effects));
        done?;
        if let Some(Event::RunEnded { run, .. }) = self.told.back().and_then(|(_, event, _)| event.as_ref()) {
            self.invariants.ended(*run, &self.records)?;
        }
        let quiet =
            self.records.saved.is_empty() && self.oracle.over.is_empty() && self.before == self.oracle.runs;
        let names =
            if quiet { Vec::new() } else { compare::names(&self.records, &mut self.oracle, next_id)? };
        if let Some((said, answer)) = &answers {
            compare::answers(said, answer, &names, &self.oracle)?;
        }
        if quiet {
            return Ok(());
        }
        compare::runs(&self.records, &self.machine, &self.oracle)?;
        self.invariants.after(self.now, &self.records, &self.oracle)?;
        self.records.forget_ended();
        Ok(())
    }

    fn carry_out(&mut self, event: Option<&Event>, effects: &[Effect]) -> Result<(), String> {
        if self.wake.is_some_and(|wake| wake <= self.now) {
            self.wake = None;
        }
        for effect in effects {
            match effect {
                Effect::Save(record) => {
                    if let Some(reason) = &record.reason {
                        self.oracle.tally.reason(reason.code());
                    }
                    let before = self.records.find(record.id.0).cloned();
                    self.invariants.saved(self.now, event, before.as_ref(), record, &self.oracle)?;
                    if record.state.is_terminal() {
                        self.at_work.retain(|(id, ..)| *id != record.id.0);
                    }
                    self.records.save(record)?;
                }
                Effect::Begin { run } => self.begin(run.0)?,
                Effect::Stop { run, .. } => self.told_to_stop(run.0)?,
                Effect::Widen { run, .. } => drop(self.working(run.0)?),
                Effect::KeepPauses(pauses) => self.pauses.clone_from(pauses),
                Effect::Attend(attendance) => self.attendance = Some(*attendance),
                Effect::WakeAt { at, .. } => self.wake = Some(at.as_second()),
                Effect::LogError(error) => return Err(error.to_string()),
            }
        }
        Ok(())
    }

    fn working(&self, id: u64) -> Result<&RunRecord, String> {
        match self.records.find(id) {
            Some(run) if matches!(run.state, RunState::Running | RunState::Paused | RunState::Stopping) => {
                Ok(run)
            }
            other => Err(format!("an effect for run {id}, which was saved as {other:?}")),
        }
    }

    fn begin(&mut self, id: u64) -> Result<(), String> {
        self.working(id)?;
        if self.at_work.iter().any(|(other, ..)| *other == id) {
            return Err(format!("run {id} was begun twice"));
        }
        let takes = match self.random.between(1, 100) {
            1..=88 => self.random.length(2, 900),
            89..=98 => self.random.length(600, 6 * 3600),
            _ => self.random.length(6 * 3600, 4 * 86_400),
        };
        let end = match self.random.between(1, 100) {
            1..=5 => RunEnd::Failed(Reason::TaskFailed { sentence: "It rained.".to_owned() }),
            6..=50 => RunEnd::Completed(Reason::NothingToDo),
            _ => RunEnd::Completed(Reason::AllDone),
        };
        self.at_work.push((id, self.now + takes, end));
        Ok(())
    }

    fn told_to_stop(&mut self, id: u64) -> Result<(), String> {
        if self.working(id)?.state != RunState::Stopping {
            return Err(format!("run {id} is to stop, and was not saved as stopping"));
        }
        let by = self.now + self.random.between(0, 60);
        let as_told = self.random.chance(90);
        let Some((_, ends, end)) = self.at_work.iter_mut().find(|(other, ..)| *other == id) else {
            return Err(format!("run {id} is to stop, and was never begun"));
        };
        *ends = by.min(*ends);
        if as_told {
            *end = RunEnd::Stopped;
        }
        Ok(())
    }

    /// What a failure says: what differs, and the events before it.
    fn tale(&self, what: &str) -> String {
        let mut tale = format!(
            "{what}\n\nZone {:?}, window {:?}\n",
            self.settings.zone.iana_name(),
            self.settings.window
        );
        for (now, event, effects) in &self.told {
            let local = self.settings.zone.to_datetime(at(*now));
            let _ = writeln!(tale, "{local} ({now}): {event:?}");
            for effect in effects {
                let _ = match effect {
                    Effect::Save(run) => writeln!(tale, "    {}", compare::line(run)),
                    other => writeln!(tale, "    {other:?}"),
                };
            }
        }
        tale
    }
}
