//! What a task is: a value in its own file, made of its timing, its words for people and up to four phases.
//!
//! A run goes through the phases in their order: the task's own work, the products that it wishes of
//! sources, the products that it derives of stored ones, the tags that it writes into files. A task has one
//! of them at least ([`Phases`]).

use butler_api::TaskName;
use butler_library::{Derivation, Scope, SectionId, Versions};
use butler_product::{Spec, Traits};
use butler_schedule::{Row, Timing};

use crate::plan::{Ground, Plan, Prepared};
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
    /// When it runs, and beside what.
    pub timing: Timing,
    /// What switches it on and off: true or false, or `never`, `scheduled`, `asap`.
    pub switch: &'static Setting,
    /// Its other settings.
    pub settings: &'static [&'static Setting],
    /// What switches it on and off for one section.
    pub section_switch: Option<&'static SectionSwitch>,
    /// What it does.
    pub phases: Phases,
}

/// What a task does, in this order.
#[derive(Debug, Clone, Copy)]
pub struct Phases {
    /// Its own work.
    pub work: OwnWork,
    /// The products that it wishes of sources: the engine finds what lacks them and has workers make them.
    pub demands: fn(&Settings) -> Vec<Demand>,
    /// The products of items that it derives of stored ones: no worker has a part in it.
    pub derives: &'static [Derivation],
    /// Whether it writes gains into music files at last, and the switch by which a section asks for it.
    pub writes_tags: Option<&'static SectionSwitch>,
}

/// A task's own work: plain blocking code on a thread of its own.
#[derive(Debug, Clone, Copy)]
pub enum OwnWork {
    /// There is none.
    None,
    /// What it does only doing it shows.
    Direct(fn(&mut Work<'_>) -> Result<Report, TaskError>),
    /// It finds what is to be done while it does it: a scan. A dry run looks for it, and does nothing.
    Shown {
        /// Does it.
        work: fn(&mut Work<'_>) -> Result<Report, TaskError>,
        /// Says what it would do.
        show: fn(&mut Ground<'_>) -> Result<Plan, TaskError>,
    },
    /// It makes a plan, which a dry run shows, and carries it out.
    Planned(fn(&mut Ground<'_>) -> Result<Box<dyn Prepared>, TaskError>),
}

/// A wish: sources that have what is needed shall have this product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// The product.
    pub spec: Spec,
    /// What a source must have.
    pub needs: Traits,
    /// Whether those are meant that have none that serves, or those that have an older one.
    pub versions: Versions,
    /// What switches it off for one section; with none the task's own section switch does.
    pub section_switch: Option<&'static SectionSwitch>,
}

impl Demand {
    /// A wish of all sources that have what the product needs.
    pub fn of(spec: Spec) -> Self {
        Self { needs: spec.kind().needs(), spec, versions: Versions::Usable, section_switch: None }
    }

    /// Where its lacks are, of one section or of all.
    pub fn scope(&self, section: Option<SectionId>) -> Scope<'static> {
        let switch = self.section_switch.map(|switch| switch.id);
        Scope { section, needs: self.needs, switch, only: None, versions: self.versions }
    }
}

impl Task {
    /// What it wishes by these settings.
    pub fn demands(&self, settings: &Settings) -> Vec<Demand> {
        let mut demands = (self.phases.demands)(settings);
        for demand in &mut demands {
            demand.section_switch = demand.section_switch.or(self.section_switch);
        }
        demands
    }

    /// The schedule's row.
    pub fn row(&self) -> Row {
        Row { name: self.name.clone(), timing: self.timing, switch: self.switch.id }
    }
}

impl Phases {
    /// None at all: a task names those that it has, and takes the rest from here.
    pub(crate) const NONE: Self =
        Self { work: OwnWork::None, demands: no_demands, derives: &[], writes_tags: None };
}

fn no_demands(_: &Settings) -> Vec<Demand> {
    Vec::new()
}

impl OwnWork {
    /// Whether there is none.
    pub const fn is_none(self) -> bool {
        matches!(self, Self::None)
    }

    /// What it would do, nothing of which is done; none if only doing it shows that.
    pub fn plan(self, ground: &mut Ground<'_>) -> Option<Result<Plan, TaskError>> {
        match self {
            Self::Planned(prepare) => Some(prepare(ground).map(|prepared| prepared.plan())),
            Self::Shown { show, .. } => Some(show(ground)),
            Self::None | Self::Direct(_) => None,
        }
    }

    /// Does it.
    ///
    /// # Errors
    /// If it was stopped, or can't go on.
    pub fn carry_out(self, work: &mut Work<'_>) -> Result<Report, TaskError> {
        match self {
            Self::None => Ok(Report::default()),
            Self::Direct(directly) | Self::Shown { work: directly, .. } => directly(work),
            Self::Planned(prepare) => {
                let mut is_stopping = || (work.is_stopping)();
                let mut ground = Ground {
                    library: work.library,
                    settings: work.settings,
                    section: work.ask.section.map(SectionId),
                    now: (work.now)(),
                    today: work.today,
                    is_stopping: &mut is_stopping,
                };
                prepare(&mut ground)?.carry_out(work)
            }
        }
    }
}
