//! What each film, episode and track needs of a network: bytes over time, peaks, the bandwidth that buffers
//! of several sizes need, and the map of key frames.
//!
//! And what each season and album needs, derived of that: the largest need of its files.
//!
//! States the wish only; how packets are told without reading their payload is the worker's business, the
//! format the product's.

use butler_api::TaskName;
use butler_library::{Derivation, Inputs, ItemKind};
use butler_product::needed_bandwidth::NeededBandwidth;
use butler_product::{Failure, ProductKind, Spec, Value, bandwidth};
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
    phases: Phases { demands, derives: &DERIVES, ..Phases::NONE },
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

/// What a season's or album's files need together.
static DERIVES: [Derivation; 2] = [needed_by(ItemKind::Season), needed_by(ItemKind::Album)];

const fn needed_by(of: ItemKind) -> Derivation {
    Derivation { makes: ProductKind::NeededBandwidth, of, from: &[ProductKind::Bandwidth], derive }
}

fn derive(inputs: &Inputs) -> Result<Value, Failure> {
    let needed = NeededBandwidth::of(inputs.each::<bandwidth::Summary>());
    let nothing = || Value::Nothing { why: "What its files need is not known of any.".to_owned() };
    Ok(needed.map_or_else(nothing, Value::from))
}
