//! What the loop answers when it is asked how things are.

use butler_api::TaskName;

use crate::answer::{LiveRun, TaskView};
use crate::engine::Loop;

impl Loop {
    pub(super) fn tasks(&self) -> Vec<TaskView> {
        let enabled = |name: &TaskName| self.schedule.tasks().any(|task| task.row.name == *name && task.enabled);
        let view = |task: &&butler_tasks::Task| TaskView {
            name: task.name.clone(),
            title: task.title,
            description: task.description,
            every_days: task.every_days,
            randomized: task.randomized,
            enabled: enabled(&task.name),
        };
        butler_tasks::ALL.iter().map(view).collect()
    }

    pub(super) fn live(&self) -> Vec<LiveRun> {
        self.runs.values().map(|run| run.live()).collect()
    }
}
