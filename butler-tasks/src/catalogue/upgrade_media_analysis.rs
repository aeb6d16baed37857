//! Makes anew what older versions of the makers made: a task itself demands a product in a version that
//! serves, this one the version that this build makes.
//!
//! It wishes what the tasks that are switched on wish, and of what is stored only: what is not there at all
//! is its own task's business. Without it old versions stay, and are served.

use butler_api::TaskName;
use butler_library::Versions;
use butler_schedule::Timing;

use crate::settings::{Setting, Settings};
use crate::task::{Demand, Phases, Task};

pub(crate) static TASK: Task = Task {
    name: TaskName::UpgradeMediaAnalysis,
    title: "Upgrade Media Analysis",
    description: "Make anew what an older version of Butler made of media files, where this one finds more or \
                  something else",
    timing: Timing::MEDIA,
    switch: &SWITCH,
    settings: &[],
    section_switch: None,
    phases: Phases { demands, ..Phases::NONE },
};

static SWITCH: Setting = Setting::flag(
    "ButlerTaskUpgradeMediaAnalysis",
    "Upgrade media analysis during maintenance",
    "Make anew what an older version made, of each product whose own task is switched on. What was made before is \
     served until then.",
    true,
);

fn demands(settings: &Settings) -> Vec<Demand> {
    let others = super::ALL.into_iter().filter(|task| task.name != TASK.name && settings.is_on(task.switch));
    let demands = others.flat_map(|task| task.demands(settings));
    demands.map(|demand| Demand { versions: Versions::Newest, ..demand }).collect()
}

#[cfg(test)]
mod tests {
    use butler_product::Spec;

    use super::*;

    #[test]
    fn it_wishes_the_newest_version_of_what_the_tasks_that_are_on_wish() {
        let all = demands(&Settings::default());
        assert!(all.iter().all(|demand| demand.versions == Versions::Newest));
        let loudness = |demands: &[Demand]| {
            demands
                .iter()
                .find(|demand| demand.spec == Spec::Loudness)
                .map(|demand| demand.section_switch.is_some())
        };
        assert_eq!(loudness(&all), Some(true), "a section where its task is off is left alone");
        let off =
            Settings::default().change(&[("LoudnessAnalysisBehavior".to_owned(), Some("never".to_owned()))]);
        let without = demands(&off.unwrap());
        assert_eq!((loudness(&without), without.len()), (None, all.len() - 1));
    }
}
