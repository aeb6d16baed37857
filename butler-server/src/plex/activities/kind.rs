//! Which type each task's activity has. The types are those that a Plex Media Server was seen to send; where
//! none is known it is `butler`, the word that its database has for the Butler's own. None is made up.

use butler_api::TaskName;

/// The type of a section's scan.
pub(super) const SECTION_SCAN: &str = "library.update.section";

/// The type of a task's activity.
pub(super) const fn of_task(task: &TaskName) -> &'static str {
    match task {
        TaskName::ButlerTaskGenerateCreditsMarkers => "media.generate.credits",
        TaskName::ButlerTaskGenerateIntroMarkers => "media.generate.intros",
        TaskName::ButlerTaskGenerateVoiceActivity => "media.generate.voice.activity",
        TaskName::GenerateChapterThumbs => "media.generate.chapter.thumbs",
        TaskName::GenerateMediaIndexFiles => "media.generate.bif",
        TaskName::LoudnessAnalysis => "media.generate.loudness",
        TaskName::MusicAnalysis => "media.generate.music.analysis",
        TaskName::RefreshEpgGuides => "provider.epg.load",
        TaskName::RefreshPeriodicMetadata => "library.refresh.items",
        _ => "butler",
    }
}
