//! Preview thumbnails while seeking (BIF): a small picture every few seconds of each film and episode.
//!
//! States the wish only; which key frames are taken is the maker's business, the format the product's.

use butler_api::TaskName;
use butler_library::SectionKind;
use butler_product::{Spec, bif};
use butler_schedule::Timing;

use crate::settings::{Group, Ints, Kind, SectionSwitch, Setting, Settings};
use crate::task::{Demand, Phases, Task};

pub(crate) static TASK: Task = Task {
    name: TaskName::GenerateMediaIndexFiles,
    title: "Generate Preview Thumbnails",
    description: "Make the small pictures that players show while a viewer seeks, one every few seconds of \
                  each video",
    timing: Timing::MEDIA,
    switch: &SWITCH,
    settings: &[&INTERVAL, &WIDTH],
    section_switch: Some(&SECTION_SWITCH),
    phases: Phases { demands, ..Phases::NONE },
};

static SWITCH: Setting = Setting::behavior(
    "GenerateBIFBehavior",
    "Generate video preview thumbnails",
    "Make the small pictures that players show while a viewer seeks. They take disk space: a few MB an hour \
     of video.",
);

/// Plex's default is 2 seconds. Ours is 10, as Jellyfin's is: a fifth of the disk space and of the time, and
/// players ask for no more pictures than fit on their screens.
static INTERVAL: Setting = Setting {
    id: "GenerateBIFFrameInterval",
    label: "Video preview thumbnail frame duration",
    summary: "Seconds from one preview thumbnail to the next. With another one all of them are made anew.",
    group: Group::Library,
    kind: Kind::Int { default: 10, allowed: Ints::Range { min: 1, max: 3_600, step: 1 }, unit: "seconds" },
    hidden: true,
    advanced: true,
};

static WIDTH: Setting = Setting {
    id: "GenerateBIFWidth",
    label: "Video preview thumbnail width",
    summary: "Width of a preview thumbnail. With another one all of them are made anew.",
    group: Group::Library,
    kind: Kind::Int { default: 320, allowed: Ints::Range { min: 16, max: 4_096, step: 2 }, unit: "pixels" },
    hidden: true,
    advanced: true,
};

static SECTION_SWITCH: SectionSwitch = SectionSwitch {
    id: "enableBIFGeneration",
    label: "Enable video preview thumbnails",
    summary: "Make preview thumbnails of the videos of this library.",
    kinds: &[SectionKind::Movie, SectionKind::Show],
    default: true,
};

fn demands(settings: &Settings) -> Vec<Demand> {
    let number = |setting: &Setting| u32::try_from(settings.int(setting)).unwrap_or_default();
    // The ranges of the table are within those of the product.
    let params = bif::Params::new(number(&INTERVAL) * 1_000, number(&WIDTH)).unwrap_or_default();
    vec![Demand::of(Spec::Bif(params))]
}
