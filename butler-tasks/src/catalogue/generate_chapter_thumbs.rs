//! Chapter thumbnails: a picture of each chapter's beginning, which players show in their list of chapters.
//!
//! States the wish only; which key frames are looked at is the maker's business, the format the product's.

use butler_api::TaskName;
use butler_library::SectionKind;
use butler_product::Spec;
use butler_schedule::Timing;

use crate::settings::{SectionSwitch, Setting, Settings};
use crate::task::{Demand, Phases, Task};

pub(crate) static TASK: Task = Task {
    name: TaskName::GenerateChapterThumbs,
    title: "Generate Chapter Thumbnails",
    description: "Make a picture of each chapter of a video, for players' lists of chapters",
    timing: Timing::MEDIA,
    switch: &SWITCH,
    settings: &[],
    section_switch: Some(&SECTION_SWITCH),
    phases: Phases { demands, ..Phases::NONE },
};

static SWITCH: Setting = Setting::behavior(
    "GenerateChapterThumbBehavior",
    "Generate chapter thumbnails",
    "Make a picture of each chapter of a video. They take little disk space: some hundred KB a video.",
);

static SECTION_SWITCH: SectionSwitch = SectionSwitch {
    id: "enableChapterThumbGeneration",
    label: "Enable chapter thumbnails",
    summary: "Make chapter thumbnails of the videos of this library.",
    kinds: &[SectionKind::Movie, SectionKind::Show],
    default: true,
};

fn demands(_: &Settings) -> Vec<Demand> {
    vec![Demand::of(Spec::ChapterThumbs)]
}
