//! What people and the weather do to a server: starts, stops, settings, pauses, new items, crashes, clocks.

use butler_api::{Origin, PauseOwner, RunId, TaskName};
use butler_schedule::{Ask, CatchUp, Event, Pause, PauseEnd, RunEnd};

use super::{World, at};
use crate::lives;

impl World {
    pub(super) fn act(&mut self) -> Result<(), String> {
        self.choose_next_act();
        match self.random.between(1, 100) {
            1..=20 => self.start_one(),
            21..=26 => {
                let force = self.random.chance(20);
                self.tell(Event::StartAllAsked { force })
            }
            27..=31 => {
                let task = self.some_task();
                self.tell(Event::StopAsked { task })
            }
            32..=34 => {
                let run = self.some_run();
                self.tell(Event::StopRunAsked { run })
            }
            35..=37 => self.tell(Event::StopAllAsked),
            38..=46 => self.tell(Event::ItemsAdded),
            47..=58 => self.pause(),
            59..=63 => {
                let owner = self.random.chance(70).then(|| self.some_owner());
                self.tell(Event::ResumeAsked { owner })
            }
            64..=78 => self.change_settings(),
            79..=84 => self.go_away_and_return(),
            85..=86 => {
                self.crashes_within = true;
                Ok(())
            }
            87..=93 => {
                self.suspend();
                Ok(())
            }
            94..=97 => self.set_clock(),
            98 => self.end_some_run_that_does_not_work(),
            _ => self.tell(Event::Woke),
        }
    }

    /// Half of what people do, they do about the time at which tasks run.
    fn choose_next_act(&mut self) {
        let night = self.oracle.calendar.open(self.now).or_else(|| self.oracle.calendar.next(self.now));
        self.next_act = match (self.random.between(1, 10), night) {
            (1..=3, _) => self.now + self.random.length(1, 1_200),
            (4..=7, Some(night)) => {
                let until = night.until.unwrap().min(night.from + 10_800);
                self.random.between(night.from - 600, until + 900).max(self.now + 1)
            }
            _ => self.now + self.random.length(600, 8 * 86_400),
        };
    }

    fn some_row(&mut self) -> TaskName {
        let row = self.random.between(0, self.oracle.rows.len() as i64 - 1);
        self.oracle.rows[row as usize].name.clone()
    }

    pub(super) fn some_task(&mut self) -> TaskName {
        if self.random.chance(1) {
            return TaskName::Other("BrewCoffee".into());
        }
        let live: Vec<TaskName> = self.records.unfinished.iter().map(|run| run.task.clone()).collect();
        if !live.is_empty() && self.random.chance(50) {
            return live[self.random.between(0, live.len() as i64 - 1) as usize].clone();
        }
        self.some_row()
    }

    /// Mostly one that is not over.
    fn some_run(&mut self) -> RunId {
        let live = self.records.unfinished.len() as i64;
        if live == 0 || self.random.chance(5) {
            return RunId(self.random.between(1, 5_000) as u64);
        }
        self.records.unfinished[self.random.between(0, live - 1) as usize].id
    }

    fn start_one(&mut self) -> Result<(), String> {
        if self.random.chance(15) {
            return self.refresh();
        }
        let task = self.some_task();
        let force = self.random.chance(25);
        let section = self.random.chance(15).then(|| self.random.between(1, 2));
        self.tell(Event::StartAsked { task, ask: Ask { section, ..Ask::all(force) } })
    }

    /// Mostly a few paths, as files come; now and then more than one scan is limited to.
    fn refresh(&mut self) -> Result<(), String> {
        let count = self.random.pick(&[0, 1, 1, 1, 2, 3, 20, 40]);
        let paths = (0..count).map(|_| format!("/films/{}", self.random.between(0, 50)).into()).collect();
        let section = self.random.between(1, 2);
        let origin = self.random.pick(&[Origin::Person, Origin::Watch]);
        self.tell(Event::RefreshAsked { section, paths, origin })?;
        // Whoever asks for one often asks for more at once.
        if self.random.chance(50) { self.refresh() } else { Ok(()) }
    }

    fn end_some_run_that_does_not_work(&mut self) -> Result<(), String> {
        let run = RunId(self.random.between(1, 5_000) as u64);
        if self.at_work.iter().any(|(id, ..)| *id == run.0) {
            return Ok(());
        }
        self.tell(Event::RunEnded { run, end: RunEnd::Stopped })
    }

    fn some_owner(&mut self) -> PauseOwner {
        self.random.pick(&[PauseOwner::Person, PauseOwner::Playback, PauseOwner::Load, PauseOwner::Window])
    }

    fn pause(&mut self) -> Result<(), String> {
        let owner = self.some_owner();
        let until = match (owner, self.random.between(1, 10)) {
            (PauseOwner::Window, _) => PauseEnd::WindowOpens,
            (_, 1) => PauseEnd::Lifted,
            (PauseOwner::Person, 2..=3) => PauseEnd::WindowOpens,
            _ => PauseEnd::At(at(self.now + self.random.length(5, 20_000))),
        };
        let drains = self.random.chance(40);
        self.tell(Event::PauseAsked(Pause { owner, note: None, since: at(self.now), until, drains }))
    }

    fn change_settings(&mut self) -> Result<(), String> {
        let mut settings = self.settings.clone();
        match self.random.between(1, 10) {
            1..=3 => {
                let task = self.some_row();
                if !settings.switched_off.remove(&task) && self.random.chance(60) {
                    settings.as_soon_as_possible.remove(&task);
                    settings.switched_off.insert(task);
                }
            }
            4..=7 => {
                settings.window =
                    lives::window(&mut self.random, settings.zone.to_datetime(at(self.now)).time())
            }
            8 => settings.zone = lives::zone(&mut self.random),
            9 => {
                settings.catch_up = self.random.pick(&[
                    CatchUp::Off,
                    CatchUp::Housekeeping,
                    CatchUp::Housekeeping,
                    CatchUp::All,
                ])
            }
            _ => lives::wish_soon(&mut settings, &mut self.random),
        }
        self.settings = settings.clone();
        self.tell(Event::SettingsChanged(settings))
    }
}
