//! What a task is: one row of the catalogue, a constant in its own file.

use butler_api::TaskName;
use butler_product::{Spec, Traits};
use butler_schedule::{AtWindowEnd, Lane, Row};

use crate::plan::{Ground, Prepared};
use crate::report::Report;
use crate::settings::{SectionSwitch, Setting, Settings};
use crate::work::{TaskError, Work};

/// One row of the catalogue.
#[derive(Debug)]
pub struct Task {
    /// Its wire name.
    pub name: TaskName,
    /// Its name for people.
    pub title: &'static str,
    /// What it does, one sentence.
    pub description: &'static str,
    /// Days between two runs, from 1.
    pub every_days: u32,
    /// Whether it starts at a random moment of the window: tasks that ask online services.
    pub randomized: bool,
    /// Beside what it runs.
    pub lane: Lane,
    /// Its place in the lane; lower goes first.
    pub rank: u8,
    /// What the window's end does to it.
    pub at_window_end: AtWindowEnd,
    /// Whether it goes first when it would not fit into the window otherwise.
    pub never_starves: bool,
    /// What switches it on and off: true or false, or `never`, `scheduled`, `asap`.
    pub switch: &'static Setting,
    /// Its other settings.
    pub settings: &'static [&'static Setting],
    /// What switches it on and off for one section.
    pub section_switch: Option<&'static SectionSwitch>,
    /// What it does.
    pub does: Does,
}

/// What a task does.
#[derive(Debug, Clone, Copy)]
pub enum Does {
    /// Wishes products of sources. The engine finds what lacks them and has workers make them.
    Analyse(fn(&Settings) -> Vec<Demand>),
    /// Works by itself: plain blocking code on a thread of its own, and then wishes products of what it
    /// found.
    Work {
        /// The work.
        work: fn(&mut Work<'_>) -> Result<Report, TaskError>,
        /// The wishes.
        then: fn() -> Vec<Demand>,
    },
    /// Keeps house: makes a plan, which a dry run shows, and carries it out.
    KeepHouse(fn(&mut Ground<'_>) -> Result<Box<dyn Prepared>, TaskError>),
}

/// A wish: sources that have what is needed shall have this product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// The product.
    pub spec: Spec,
    /// What a source must have.
    pub needs: Traits,
}

impl Demand {
    /// A wish of all sources that have what the product needs.
    pub fn of(spec: Spec) -> Self {
        Self { needs: spec.kind().needs(), spec }
    }
}

impl Task {
    /// What it wishes by these settings; nothing if it keeps house.
    pub fn demands(&self, settings: &Settings) -> Vec<Demand> {
        match self.does {
            Does::Analyse(demands) => demands(settings),
            Does::Work { then, .. } => then(),
            Does::KeepHouse(_) => Vec::new(),
        }
    }

    /// Its row in the schedule's words.
    pub fn row(&self) -> Row {
        Row {
            name: self.name.clone(),
            every_days: self.every_days,
            randomized: self.randomized,
            lane: self.lane,
            rank: self.rank,
            at_window_end: self.at_window_end,
            never_starves: self.never_starves,
            switch: self.switch.id,
        }
    }
}
