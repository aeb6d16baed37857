//! Where somebody speaks in films and episodes: what `butler subtitles check` holds subtitles against.
//!
//! States the wish only; what takes sound for speech is the maker's business.

use butler_api::TaskName;
use butler_library::SectionKind;
use butler_product::Spec;
use butler_schedule::Timing;

use crate::settings::{SectionSwitch, Setting, Settings};
use crate::task::{Demand, Phases, Task};

pub(crate) static TASK: Task = Task {
    name: TaskName::ButlerTaskGenerateVoiceActivity,
    title: "Detect Voice Activity",
    description: "Find out where somebody speaks in each video, for subtitles to be held against",
    timing: Timing::MEDIA,
    switch: &SWITCH,
    settings: &[],
    section_switch: Some(&SECTION_SWITCH),
    phases: Phases { demands, ..Phases::NONE },
};

static SWITCH: Setting = Setting::behavior(
    "GenerateVADBehavior",
    "Generate voice activity data",
    "Find out where somebody speaks in each video. Each new file is read as a whole for it, once for this and \
     for its loudness.",
);

static SECTION_SWITCH: SectionSwitch = SectionSwitch {
    id: "enableVoiceActivityGeneration",
    label: "Enable voice activity detection",
    summary: "Find out where somebody speaks in the videos of this library.",
    kinds: &[SectionKind::Movie, SectionKind::Show],
    default: true,
};

fn demands(_: &Settings) -> Vec<Demand> {
    vec![Demand::of(Spec::Voice)]
}
