//! How loud each film, episode and track is (EBU R 128), its course over time, and the gains by which players
//! make all of them equally loud (ReplayGain 2); of each album as a whole too, derived of its tracks.
//!
//! States the wish only; how sound is measured is the maker's business, what follows of it the products'. In
//! sections whose switch asks for it the gains are written into the music files too, once all is measured:
//! for other players. It is the one thing that changes files of the user's, and is off until somebody wants
//! it.

use butler_api::TaskName;
use butler_library::{Derivation, Inputs, ItemKind, SectionKind};
use butler_product::album_loudness::AlbumLoudness;
use butler_product::{Failure, ProductKind, Spec, Value};
use butler_schedule::Timing;

use crate::settings::{SectionSwitch, Setting, Settings};
use crate::task::{Demand, Phases, Task};

pub(crate) static TASK: Task = Task {
    name: TaskName::LoudnessAnalysis,
    title: "Analyze Loudness",
    description: "Find out how loud each video, track and album is, so that players can make all of them \
                  equally loud",
    timing: Timing::MEDIA,
    switch: &SWITCH,
    settings: &[],
    section_switch: Some(&SECTION_SWITCH),
    phases: Phases { demands, derives: &DERIVES, writes_tags: Some(&WRITES_TAGS), ..Phases::NONE },
};

static SWITCH: Setting = Setting::behavior(
    "LoudnessAnalysisBehavior",
    "Analyze audio tracks for loudness",
    "Find out how loud each video, track and album is. Each new file is read as a whole for it.",
);

static SECTION_SWITCH: SectionSwitch = SectionSwitch {
    id: "enableLoudnessAnalysis",
    label: "Enable loudness analysis",
    summary: "Find out how loud the videos and tracks of this library are.",
    kinds: &[SectionKind::Movie, SectionKind::Show, SectionKind::Artist],
    default: true,
};

static WRITES_TAGS: SectionSwitch = SectionSwitch {
    id: "writeGainTags",
    label: "Write gain tags into music files",
    summary: "Changes your files: writes what was measured into the tags of the music files of this library, \
              for other players (ReplayGain 2, in Opus R 128), in place of gains that they carry. Nothing else \
              of a file changes, and `butler tags undo` takes it back.",
    kinds: &[SectionKind::Artist],
    default: false,
};

fn demands(_: &Settings) -> Vec<Demand> {
    vec![Demand::of(Spec::Loudness)]
}

/// How loud an album's tracks are together.
static DERIVES: [Derivation; 1] = [Derivation {
    makes: ProductKind::AlbumLoudness,
    of: ItemKind::Album,
    from: &[ProductKind::Loudness],
    derive,
}];

fn derive(inputs: &Inputs) -> Result<Value, Failure> {
    let nothing = || Value::Nothing { why: "How loud its tracks are is not known of any.".to_owned() };
    Ok(AlbumLoudness::of(inputs.each_child()).map_or_else(nothing, Value::from))
}
