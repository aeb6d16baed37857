//! Blur hashes of posters, covers and art beside the media, of covers inside tracks, and of photos: what a
//! player draws until the picture is there.
//!
//! States the wishes only; how a picture is decoded and hashed is the maker's business.

use butler_api::TaskName;
use butler_product::{Spec, Traits};
use butler_schedule::Timing;

use crate::settings::{Setting, Settings};
use crate::task::{Demand, Phases, Task};

pub(crate) static TASK: Task = Task {
    name: TaskName::GenerateBlurHashes,
    title: "Generate Blur Hashes",
    description: "Make of each poster, cover, background and photo the few characters that players draw as a \
                  blur of its colours until the picture is there",
    timing: Timing::MEDIA,
    switch: &SWITCH,
    settings: &[],
    section_switch: None,
    phases: Phases { demands, ..Phases::NONE },
};

static SWITCH: Setting = Setting::behavior(
    "GenerateBlurHashBehavior",
    "Generate blur hashes",
    "Make the blurs that players show in place of a poster, a background or a photo that is not loaded yet. Each \
     new picture is decoded for it.",
);

fn demands(_: &Settings) -> Vec<Demand> {
    let beside_media = Demand::of(Spec::BlurHash);
    let embedded = Demand { needs: Traits::AUDIO | Traits::EMBEDDED, ..beside_media.clone() };
    vec![Demand { needs: Traits::PHOTO, ..beside_media.clone() }, embedded, beside_media]
}
