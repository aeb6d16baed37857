//! What each track sounds like, as a vector: what `nearest`, `butler music near` and `butler music path` go
//! by.
//!
//! States the wish only, of audio files alone: what a vector is the product says, how it is made is the
//! maker's business, and which tracks are near is found out when somebody asks.

use butler_api::TaskName;
use butler_library::SectionKind;
use butler_product::Spec;
use butler_schedule::Timing;

use crate::settings::{SectionSwitch, Setting, Settings};
use crate::task::{Demand, Phases, Task};

pub(crate) static TASK: Task = Task {
    name: TaskName::MusicAnalysis,
    title: "Analyze Music",
    description: "Find out what each track sounds like, so that players can find those that sound alike",
    timing: Timing::MEDIA,
    switch: &SWITCH,
    settings: &[],
    section_switch: Some(&SECTION_SWITCH),
    phases: Phases { demands, ..Phases::NONE },
};

static SWITCH: Setting = Setting::behavior(
    "MusicAnalysisBehavior",
    "Analyze audio tracks for sonic features",
    "Find out what each track sounds like: its tempo, timbre, loudness and harmony. Each new file is read as a \
     whole for it, once for this and for its loudness.",
);

static SECTION_SWITCH: SectionSwitch = SectionSwitch {
    id: "musicAnalysis",
    label: "Enable sonic analysis",
    summary: "Find out what the tracks of this library sound like.",
    kinds: &[SectionKind::Artist],
    default: true,
};

fn demands(_: &Settings) -> Vec<Demand> {
    vec![Demand::of(Spec::Sonic)]
}

#[cfg(test)]
mod tests {
    use butler_product::Traits;

    use super::*;

    #[test]
    fn the_sound_of_a_film_is_not_asked_for() {
        let demands = TASK.demands(&Settings::default());
        assert!(Traits::OF_AUDIO_FILE.contains(demands[0].needs));
        assert!(!Traits::OF_VIDEO_FILE.contains(demands[0].needs));
    }
}
