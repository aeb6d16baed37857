//! Absences, and what a window owes that Butler was away for (docs/scheduling.md, rule 8).

use butler_api::{Ask, Origin, RunState};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::Schedule;
use crate::calendar::Present;
use crate::run_rules::RunRules;
use crate::{Attendance, CatchUp, Change, Effect, Lane, Row, window};

/// The clock is read again at least every 30 seconds: longer than this between two events, Butler was away
/// (rule 10).
pub(super) const AWAY: SignedDuration = SignedDuration::from_secs(60);
/// How long Butler lets a machine come to rest before it catches up.
const REST: SignedDuration = SignedDuration::from_mins(10);

/// When Butler was there.
#[derive(Debug, Clone)]
pub(super) struct Attending {
    /// The last event, or the last note of the start before; none at a data folder's first start.
    seen_at: Option<Timestamp>,
    /// The end of the last absence, or the start of the server.
    back_at: Timestamp,
    away_on: Option<Date>,
    /// The last note, and whether it was made inside a window.
    noted: Option<(Attendance, bool)>,
    /// Whether a note is to be made whatever the clock says.
    owes_note: bool,
}

impl Attending {
    pub(super) fn since(attendance: Option<Attendance>, now: Timestamp) -> Self {
        let (seen_at, away_on) = attendance.map(|note| (note.seen_at, note.away_on)).unzip();
        Self { seen_at, back_at: now, away_on: away_on.flatten(), noted: None, owes_note: true }
    }

    pub(super) fn seen_at(&self) -> Option<Timestamp> {
        self.seen_at
    }

    /// At a shutdown, when the window changes, and after an absence: what follows is not told by the window's
    /// notes.
    pub(super) fn note_now(&mut self) {
        self.owes_note = true;
    }
}

impl Schedule {
    /// Begins every event: whether Butler was away since the last one, and for which window.
    pub(super) fn notice_absence(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        let Some(seen_at) = self.attending.seen_at.replace(now) else { return };
        let passed = seen_at.duration_until(now);
        if passed > AWAY || passed.is_negative() {
            self.leave_out(seen_at, now, effects);
        }
        if passed <= AWAY {
            return;
        }
        self.attending.back_at = now;
        self.attending.note_now();
        if let Some(window) = window::last_between(&self.settings.window, &self.settings.zone, seen_at, now) {
            self.attending.away_on = Some(window.day);
        }
        self.put_off(after_rest(now), now, effects);
    }

    /// An absence, or a clock that went back, is no work.
    fn leave_out(&mut self, seen_at: Timestamp, now: Timestamp, effects: &mut Vec<Effect>) {
        for run in self.live.iter_mut().filter(|run| run.works_since.is_some()) {
            run.count_work_until(seen_at);
            run.works_since = Some(now);
            effects.push(Effect::Save(run.clone()));
        }
    }

    /// Each further absence puts off what is owed.
    fn put_off(&mut self, at: Timestamp, now: Timestamp, effects: &mut Vec<Effect>) {
        for run in self
            .live
            .iter_mut()
            .filter(|run| run.origin == Origin::CatchUp && run.state == RunState::Scheduled)
        {
            if run.scheduled_at < Some(at) && run.undergo(Change::PlaceAnew, None, now).is_ok() {
                run.scheduled_at = Some(at);
                effects.push(Effect::Save(run.clone()));
            }
        }
    }

    /// Once the window has ended that Butler was away for, what was due on its day is scheduled.
    pub(super) fn owe(&mut self, present: Present, effects: &mut Vec<Effect>) {
        let Some(day) = self.attending.away_on else { return };
        let window = window::on(&self.settings.window, &self.settings.zone, day);
        if window.is_some_and(|window| present.now < window.until) {
            return;
        }
        self.attending.away_on = None;
        let rested = after_rest(self.attending.back_at);
        // A window that was moved may have ended long ago.
        let at = window.map_or(rested, |window| rested.max(window.until)).max(present.now);
        for index in 0..self.rows.len() {
            if self.is_owed(&self.rows[index], day) {
                let task = self.rows[index].name.clone();
                let mut run = self.new_run(&task, Origin::CatchUp, Ask::default(), present.now);
                run.day = Some(day);
                run.state = RunState::Scheduled;
                run.scheduled_at = Some(at);
                effects.push(Effect::Save(run.clone()));
                self.live.push(run);
            }
        }
    }

    fn is_owed(&self, row: &Row, day: Date) -> bool {
        let was_cut = self.past(&row.name).and_then(|past| past.cut) == Some(day);
        let has_own = self.live.iter().any(|run| run.task == row.name && run.counts());
        self.catches_up(row) && self.due(row, day).is_ok() && !was_cut && !has_own
    }

    /// Whether `ButlerCatchUp` says so for a task.
    pub(super) fn catches_up(&self, row: &Row) -> bool {
        match self.settings.catch_up {
            CatchUp::Off => false,
            CatchUp::Housekeeping => row.timing.lane != Lane::Media,
            CatchUp::All => true,
        }
    }

    /// Notes that Butler is there: inside a window and while something is owed at every event, and wherever a
    /// note would tell a later start what is not so.
    pub(super) fn note_attendance(&mut self, present: Present, effects: &mut Vec<Effect>) {
        let note = Attendance { seen_at: present.now, away_on: self.attending.away_on };
        let is_open = present.window.is_some();
        let is_called_for = self.attending.noted.is_none_or(|(noted, was_open)| {
            let matters = is_open
                || was_open
                || self.attending.owes_note
                || noted.seen_at > note.seen_at
                || self.owes_any();
            noted.away_on != note.away_on || (matters && noted != note)
        });
        if is_called_for {
            self.attending.noted = Some((note, is_open));
            effects.push(Effect::Attend(note));
        }
        self.attending.owes_note = false;
    }

    fn owes_any(&self) -> bool {
        self.live.iter().any(|run| run.origin == Origin::CatchUp && run.state == RunState::Scheduled)
    }
}

fn after_rest(back_at: Timestamp) -> Timestamp {
    back_at.checked_add(REST).unwrap_or(Timestamp::MAX)
}
