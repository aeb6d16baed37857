//! Chapter thumbnails: a picture of each chapter's beginning, which players show in their list of chapters.
//!
//! States the wish only; which key frames are looked at is the maker's business, the format the product's.

use butler_api::TaskName;
use butler_library::{SectionKind, Subjects};
use butler_product::Spec;
use butler_schedule::{AtWindowEnd, Lane};

use crate::settings::{SectionSwitch, Setting, Settings};
use crate::task::{Demand, Does, Task};

pub(crate) static TASK: Task = Task {
    name: TaskName::GenerateChapterThumbs,
    title: "Generate Chapter Thumbnails",
    description: "Make a picture of each chapter of a video, for players' lists of chapters",
    every_days: 1,
    randomized: false,
    lane: Lane::Media,
    rank: 0,
    at_window_end: AtWindowEnd::Stop,
    never_starves: false,
    switch: &SWITCH,
    settings: &[],
    section_switch: Some(&SECTION_SWITCH),
    does: Does::Analyse(demands),
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
};

fn demands(_settings: &Settings) -> Vec<Demand> {
    vec![Demand { spec: Spec::ChapterThumbs, subjects: Subjects::VideoParts }]
}
