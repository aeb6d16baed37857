//! Which names are media of a section's kind, and which are never looked at.

use std::path::Path;

use butler_product::Traits;

use crate::SectionKind;

/// What a file holds, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Medium {
    Video,
    Audio,
    Photo,
}

impl Medium {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Photo => "photo",
        }
    }

    /// What the content of such a file may have, as far as its name tells.
    pub(super) const fn traits(self) -> Traits {
        match self {
            Self::Video => Traits::OF_VIDEO_FILE,
            Self::Audio => Traits::OF_AUDIO_FILE,
            Self::Photo => Traits::OF_PHOTO_FILE,
        }
    }
}

const VIDEO: &[&str] = &[
    "3g2", "3gp", "asf", "avi", "divx", "dv", "f4v", "flv", "m2ts", "m2v", "m4v", "mk3d", "mkv", "mov",
    "mp4", "mpeg", "mpg", "mts", "mxf", "ogm", "ogv", "qt", "rm", "rmvb", "ts", "vob", "webm", "wmv", "wtv",
];
const AUDIO: &[&str] = &[
    "aac", "ac3", "aif", "aiff", "ape", "dff", "dsf", "flac", "m4a", "m4b", "mka", "mp2", "mp3", "mpc",
    "oga", "ogg", "opus", "spx", "tak", "tta", "wav", "wma", "wv",
];
const PHOTO: &[&str] =
    &["avif", "bmp", "gif", "heic", "heif", "jpe", "jpeg", "jpg", "jxl", "png", "tif", "tiff", "webp"];

/// Folders and files that other programs keep for themselves, in lower case (`peers.md` 1.7 lists who does).
const SKIPPED: &[&str] = &[
    "@eadir",
    "#recycle",
    "@recycle",
    "$recycle.bin",
    "system volume information",
    "lost+found",
    "extrafanart",
    "extrathumbs",
    "metadata",
    "subs",
    "temprec",
    "tempsbe",
];
const SKIPPED_ENDINGS: &[&str] = &[".trickplay", ".bts", ".sync", ".ite"];

/// What a file may have by its name alone, whatever section it lies in; none if it is no media. An audio
/// file's tags are among it.
pub fn traits_of_name(path: &Path) -> Option<Traits> {
    let name = path.file_name()?.as_encoded_bytes();
    let medium = [SectionKind::Photo, SectionKind::Artist].into_iter().find_map(|kind| medium(kind, name))?;
    let tags = if medium == Medium::Audio { Traits::TAGGED } else { Traits::empty() };
    Some(medium.traits() | tags)
}

/// What a file of a section of this kind holds, if it is media of that kind.
pub(super) fn medium(kind: SectionKind, name: &[u8]) -> Option<Medium> {
    let dot = name.iter().rposition(|byte| *byte == b'.')?;
    let (stem, extension) = (&name[..dot], &name[dot + 1..]);
    if stem.is_empty() {
        return None;
    }
    let of = |extensions: &[&str], medium| {
        extensions.iter().any(|known| extension.eq_ignore_ascii_case(known.as_bytes())).then_some(medium)
    };
    match kind {
        SectionKind::Movie | SectionKind::Show => of(VIDEO, Medium::Video),
        SectionKind::Artist => of(AUDIO, Medium::Audio),
        // Phones put films among their photos.
        SectionKind::Photo => of(PHOTO, Medium::Photo).or_else(|| of(VIDEO, Medium::Video)),
    }
}

/// Whether a file or folder of this name is never looked at: hidden, or another program's own.
pub(super) fn is_skipped(name: &[u8]) -> bool {
    if name.starts_with(b".") {
        return true;
    }
    let ends_with = |ending: &&str| {
        name.len()
            .checked_sub(ending.len())
            .is_some_and(|at| name[at..].eq_ignore_ascii_case(ending.as_bytes()))
    };
    SKIPPED.iter().any(|skipped| name.eq_ignore_ascii_case(skipped.as_bytes()))
        || SKIPPED_ENDINGS.iter().any(ends_with)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_takes_media_of_its_kind() {
        assert_eq!(medium(SectionKind::Movie, b"Heat.MKV"), Some(Medium::Video));
        assert_eq!(medium(SectionKind::Movie, b"caf\xe9.mkv"), Some(Medium::Video));
        assert_eq!(medium(SectionKind::Artist, b"01.flac"), Some(Medium::Audio));
        assert_eq!(medium(SectionKind::Photo, b"a.JPG"), Some(Medium::Photo));
        assert_eq!(medium(SectionKind::Photo, b"VID_20240131_123456.mp4"), Some(Medium::Video));
        for (kind, name) in [
            (SectionKind::Movie, "poster.jpg"),
            (SectionKind::Artist, "a.mkv"),
            (SectionKind::Show, "mkv"),
            (SectionKind::Show, ".mkv"),
        ] {
            assert_eq!(medium(kind, name.as_bytes()), None, "{name}");
        }
    }

    #[test]
    fn what_others_keep_for_themselves_is_skipped() {
        for name in [
            ".hidden",
            "._Heat.mkv",
            "@eaDir",
            "#recycle",
            "$RECYCLE.BIN",
            "Heat.trickplay",
            "lost+found",
            "Subs",
        ] {
            assert!(is_skipped(name.as_bytes()), "{name}");
        }
        for name in ["Heat", "Submarine", "The Recycle"] {
            assert!(!is_skipped(name.as_bytes()), "{name}");
        }
    }
}
