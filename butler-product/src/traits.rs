//! What a source has, as a set: a moving picture, sound, chapters. A product says which of these it needs
//! ([`crate::Product::NEEDS`]), and is lacking where they are and it is not.
//!
//! A file's name says what it may have; once its headers are read, they say what it has. Both meet in the
//! library, which stores the set by its bits: a bit is never given another meaning.

use bitflags::bitflags;

bitflags! {
    /// What a source has, or what is needed of one.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct Traits: u32 {
        /// It is the content of a file: every source but one that stands for the tags around a content.
        const CONTENT = 1;
        /// A stream of moving pictures.
        const VIDEO = 2;
        /// A stream of sound.
        const SOUND = 4;
        /// Chapters.
        const CHAPTERS = 8;
        /// It lasts: a film or a sound, no photo.
        const PLAYABLE = 16;
        /// It is a photo.
        const PHOTO = 32;
        /// It is an audio file with its tags: two copies of one recording that carry different tags are two
        /// of these, and one content.
        const TAGGED = 64;
        /// Its headers were read: its video, sound and chapters are what they say. A demand that shall wait
        /// for that needs it.
        const HEADERS = 128;
        /// It is a picture of an item in a file beside the media: a poster, a cover.
        const ARTWORK = 256;
        /// A picture of it is embedded: a cover. Only headers tell.
        const EMBEDDED = 512;
        /// It is the content of an audio file, by its name: a track, and no film's sound.
        const AUDIO = 1024;
    }
}

impl Traits {
    /// What headers say; before they are read a name's guess holds.
    pub const OF_HEADERS: Self =
        Self::VIDEO.union(Self::SOUND).union(Self::CHAPTERS).union(Self::EMBEDDED).union(Self::HEADERS);
    /// What a video file may have.
    pub const OF_VIDEO_FILE: Self =
        Self::CONTENT.union(Self::PLAYABLE).union(Self::VIDEO).union(Self::SOUND).union(Self::CHAPTERS);
    /// What an audio file may have, its tags apart.
    pub const OF_AUDIO_FILE: Self =
        Self::CONTENT.union(Self::PLAYABLE).union(Self::SOUND).union(Self::CHAPTERS).union(Self::AUDIO);
    /// What a picture file has.
    pub const OF_PHOTO_FILE: Self = Self::CONTENT.union(Self::PHOTO);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media_info::{Chapter, MediaInfo, Stream, StreamKind};

    #[test]
    fn headers_tell_video_sound_and_chapters_and_a_cover_is_no_video() {
        let stream = |kind: &StreamKind| Stream {
            index: 0,
            kind: *kind,
            codec: String::new(),
            profile: None,
            bit_rate: None,
            language: None,
            title: None,
            default: false,
            forced: false,
            encrypted: false,
            picture: None,
            sound: None,
        };
        let check = |kinds: &[StreamKind], chapters: usize, expect: Traits| {
            let info = MediaInfo {
                streams: kinds.iter().map(stream).collect(),
                chapters: vec![Chapter { start_ms: 0, end_ms: 1, title: None }; chapters],
                ..MediaInfo::default()
            };
            assert_eq!(info.traits(), expect | Traits::HEADERS);
            assert!(Traits::OF_HEADERS.contains(info.traits()));
        };
        check(&[StreamKind::Video, StreamKind::Audio], 0, Traits::VIDEO | Traits::SOUND);
        check(
            &[StreamKind::Audio, StreamKind::Picture],
            2,
            Traits::SOUND | Traits::CHAPTERS | Traits::EMBEDDED,
        );
        check(&[StreamKind::Picture], 0, Traits::empty());
    }
}
