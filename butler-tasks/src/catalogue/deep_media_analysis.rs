//! What each film, episode and track needs of a network: bytes over time, peaks, the bandwidth that buffers
//! of several sizes need, and the map of key frames.
//!
//! States the wish only; how packets are told without reading their payload is the worker's business, the
//! format the product's.

use butler_api::TaskName;
use butler_product::Spec;
use butler_schedule::Timing;

use crate::settings::{Setting, Settings};
use crate::task::{Demand, Phases, Task};

pub(crate) static TASK: Task = Task {
    name: TaskName::DeepMediaAnalysis,
    title: "Perform Extensive Media Analysis",
    description: "Find out how much bandwidth each video and track needs over time, and where its key frames \
                  are",
    timing: Timing::MEDIA,
    switch: &SWITCH,
    settings: &[],
    section_switch: None,
    phases: Phases { demands, ..Phases::NONE },
};

static SWITCH: Setting = Setting::flag(
    "ButlerTaskDeepMediaAnalysis",
    "Perform extensive media analysis during maintenance",
    "Find out every night how much bandwidth each new video and track needs.",
    true,
);

fn demands(_: &Settings) -> Vec<Demand> {
    vec![Demand::of(Spec::Bandwidth)]
}
