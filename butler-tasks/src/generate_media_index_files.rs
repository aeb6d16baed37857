//! Preview thumbnails while seeking (BIF): a small picture every few seconds of each film and episode.
//!
//! States the wish only; which key frames are taken is the maker's business, the format the product's.

use butler_api::TaskName;
use butler_library::Subjects;
use butler_product::{Spec, bif};
use butler_schedule::{AtWindowEnd, Lane};

use crate::task::{Demand, Does, Switch, Task};

pub(crate) static TASK: Task = Task {
    name: TaskName::GenerateMediaIndexFiles,
    title: "Generate Preview Thumbnails",
    description: "Make the small pictures that players show while a viewer seeks, one every 10 seconds of each video",
    every_days: 1,
    randomized: false,
    lane: Lane::Media,
    rank: 0,
    at_window_end: AtWindowEnd::Stop,
    never_starves: false,
    switch: Switch::Behavior("GenerateBIFBehavior"),
    does: Does::Analyse(demands),
};

fn demands() -> Vec<Demand> {
    vec![Demand { spec: Spec::Bif(bif::Params::default()), subjects: Subjects::VideoParts }]
}
