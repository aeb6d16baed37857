//! What the loop answers when it is asked how things are.

use butler_api::{RunState, TaskName};
use jiff::Timestamp;

use crate::door::answer::{EngineHealth, Following, LiveRun, TaskView};
use crate::door::plan::PlanBasis;
use crate::engine::Loop;
use crate::run::Run;

impl Loop {
    pub(super) fn tasks(&self) -> Vec<TaskView> {
        let enabled =
            |name: &TaskName| self.schedule.tasks().any(|task| task.row.name == *name && task.enabled);
        let now = self.clock.now();
        let view = |task: &butler_tasks::Task| TaskView {
            name: task.name.clone(),
            title: task.title,
            description: task.description,
            every_days: task.timing.every_days,
            randomized: task.timing.randomized,
            enabled: enabled(&task.name),
            due: self.schedule.is_due(&task.name, now),
            usual_seconds: self.schedule.takes(&task.name).as_secs().unsigned_abs(),
            usual_is_guess: self.schedule.usual_is_guess(&task.name),
            next_at: self.next_at(&task.name),
        };
        self.catalogue.tasks().map(view).collect()
    }

    /// What is so now, in the words of facts, and the stream of those that come after: nothing is between the
    /// two, since facts are told by this loop only.
    pub(super) fn following(&self) -> Following {
        let mut now = Vec::new();
        for record in self.schedule.live() {
            now.push(self.changed(record));
            now.extend(self.runs.get(&record.id).into_iter().flat_map(Run::standing));
        }
        Following { now, then: self.facts.subscribe() }
    }

    /// When a task begins next by itself: where it is placed, else when the window opens in which it is due
    /// next. One that waits for its turn begins before that.
    fn next_at(&self, name: &TaskName) -> Option<Timestamp> {
        let now = self.clock.now();
        let task = self.schedule.tasks().find(|task| task.row.name == *name)?;
        match task.live.map(|run| (run.state, run.scheduled_at)) {
            Some((RunState::Scheduled, at)) => at,
            Some((RunState::Queued, _)) => None,
            _ => {
                self.schedule.next_night(name, now, now).map(|window| window.from).filter(|from| *from > now)
            }
        }
    }

    pub(super) fn plan_basis(&self) -> PlanBasis {
        PlanBasis {
            now: self.clock.now(),
            pauses: self.schedule.pauses().to_vec(),
            running: self.schedule.live().iter().filter(|run| run.state == RunState::Running).count(),
            schedule: self.schedule.clone(),
            cores: self.pool.cores(),
            readers: self.disk_readers(),
            settings: self.settings.borrow().clone(),
            catalogue: self.catalogue.clone(),
        }
    }

    pub(super) fn health(&self) -> EngineHealth {
        let workers = self.pool.workers(self.is_frozen());
        EngineHealth { workers, unsaved: self.unsaved.len(), ..self.health.clone() }
    }

    pub(super) fn live(&self) -> Vec<LiveRun> {
        self.runs.values().map(|run| run.live()).collect()
    }
}
