//! How time passes: from one thing that happens to the next, every minute or oftener while a window is open
//! or a catch-up run stands, and in one stride in between. Such a stride is longer than 60 seconds and so an
//! absence to both schedulers; one that touches no window and puts no catch-up run off changes nothing
//! (docs/scheduling.md, rule 8).

use butler_api::{Origin, RunId, RunState};
use butler_schedule::{Event, RunEnd, WindowDays, WindowSettings};

use super::{World, at};

impl World {
    /// Lives until an instant.
    pub(crate) fn live_until(&mut self, end: i64) -> Result<(), String> {
        while self.now < end {
            self.go_on()?;
        }
        Ok(())
    }

    fn go_on(&mut self) -> Result<(), String> {
        let ends = self.at_work.iter().map(|(_, ends, _)| *ends).min().unwrap_or(i64::MAX);
        let wake = self.wake.unwrap_or(i64::MAX);
        let tick = if self.is_watched() { self.next_tick } else { i64::MAX };
        let next = ends.min(wake).min(tick).min(self.next_act).max(self.now);
        self.check_wake(wake, next)?;
        self.now = next;
        self.next_tick = next + if self.random.chance(90) { 60 } else { self.random.between(1, 60) };
        if wake <= next || tick <= next && ends > next && self.next_act > next {
            return self.tell(Event::Woke);
        }
        if ends <= next {
            return self.let_one_end();
        }
        if self.random.chance(80) {
            self.tell(Event::Woke)?;
        }
        self.act()
    }

    fn is_watched(&self) -> bool {
        self.oracle.calendar.open(self.now).is_some()
            || self
                .oracle
                .runs
                .iter()
                .any(|run| run.origin == Origin::CatchUp && run.state == RunState::Scheduled)
    }

    /// The machine must ask for every moment at which something happens by itself.
    fn check_wake(&self, wake: i64, next: i64) -> Result<(), String> {
        match self.oracle.next_moment(self.now) {
            Some(moment) if moment <= next && wake > moment => Err(self.tale(&format!(
                "nobody asked to be woken at {moment}, where something happens; asked for: {:?}",
                self.wake
            ))),
            _ => Ok(()),
        }
    }

    fn let_one_end(&mut self) -> Result<(), String> {
        let place = self.at_work.iter().position(|(_, ends, _)| *ends <= self.now).unwrap();
        let (id, _, end) = self.at_work[place].clone();
        let paused = self.records.find(id).is_some_and(|run| run.state == RunState::Paused);
        if paused && self.random.chance(95) {
            self.at_work[place].1 = self.now + self.random.between(30, 900);
            return Ok(());
        }
        self.at_work.remove(place);
        self.tell(Event::RunEnded { run: RunId(id), end })
    }

    /// The whole machine sleeps: whatever was to happen meanwhile happens afterwards.
    pub(super) fn suspend(&mut self) {
        self.now += self.random.length(20, 12 * 86_400);
        self.next_tick = self.now;
    }

    /// Somebody sets the clock: what works ends when it would have.
    pub(super) fn set_clock(&mut self) -> Result<(), String> {
        let far = if self.random.chance(80) { 7_200 } else { 5 * 86_400 };
        let jump = self.random.length(1, far) * self.random.pick(&[1, -1]);
        self.now += jump;
        self.next_tick = self.now + 30;
        self.next_act += jump;
        self.at_work.iter_mut().for_each(|(_, ends, _)| *ends += jump);
        self.invariants.clock_set();
        // The clock is read again at least every 30 seconds.
        self.now += self.random.between(0, 30);
        self.tell(Event::Woke)
    }

    /// The process goes away, in order or not, for seconds or days.
    pub(super) fn go_away_and_return(&mut self) -> Result<(), String> {
        self.crashes_within = false;
        if self.random.chance(50) {
            self.tell(Event::ShutdownAsked)?;
            let cut_short = self.random.chance(15);
            if self.random.chance(10) {
                let task = self.some_task();
                self.tell(Event::StopAsked { task })?;
            }
            for (id, _, end) in self.at_work.clone() {
                if cut_short && self.random.chance(50) {
                    continue;
                }
                self.now += self.random.between(0, 2);
                let end = if self.random.chance(85) { RunEnd::Stopped } else { end };
                self.tell(Event::RunEnded { run: RunId(id), end })?;
            }
        }
        // Between half a minute and a minute and a half it depends on when the last note was made.
        self.now += match self.random.between(1, 100) {
            1..=40 => self.random.between(0, 25),
            41..=70 => self.random.length(91, 7_200),
            _ => self.random.length(7_200, 12 * 86_400),
        };
        self.next_tick = self.now + 30;
        self.restart()?;
        match self.random.between(1, 100) {
            1..=3 => self.crash_again_and_again(),
            4..=8 => self.have_the_window_moved_into_the_past(),
            // It came back inside a window of which it was away: only then a moved one owes.
            9..=40 if self.oracle.owes() => self.have_the_window_moved_into_the_past(),
            _ => Ok(()),
        }
    }

    /// Whatever works is what makes the process go away.
    fn crash_again_and_again(&mut self) -> Result<(), String> {
        for _ in 0..2 {
            self.now += self.random.between(1, 25);
            self.next_tick = self.now + 30;
            self.restart()?;
        }
        Ok(())
    }

    /// Twenty minutes after it came back somebody moves the window, so that it is over by now.
    fn have_the_window_moved_into_the_past(&mut self) -> Result<(), String> {
        let then = self.now + 1_200;
        self.next_act = then + 60;
        self.live_until(then)?;
        let minute = |ago: i64| {
            let local = self.settings.zone.to_datetime(at(self.now - ago * 60)).time();
            (local.hour(), local.minute())
        };
        let mut settings = self.settings.clone();
        settings.window = WindowSettings::from_hours(minute(90), minute(12), WindowDays::ALL).unwrap();
        self.settings = settings.clone();
        self.tell(Event::SettingsChanged(settings))
    }
}
