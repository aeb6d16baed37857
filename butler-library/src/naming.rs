//! Names: what a file is, by its path below the root. Pure: no file is looked at.
//!
//! One file a kind of section; more conventions are more rows in their tables. Start with [`name`].

mod episode;
mod movie;
mod photo;
mod title;
mod track;

use crate::SectionKind;

pub(crate) use title::sort_title;

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Named {
    /// A film.
    Movie { title: String, year: Option<u16> },
    /// An episode; without a number where the name tells none.
    Episode { show: String, show_year: Option<u16>, season: u32, number: Option<u32>, title: String },
    /// A track.
    Track { artist: String, album: String, album_year: Option<u16>, disc: Option<u32>, number: Option<u32>, title: String },
    /// A photo.
    Photo { title: String },
}

/// What a file of a section is, by the components of its path below the root: folders, then the file's name.
pub(crate) fn name(kind: SectionKind, components: &[String]) -> Named {
    let (folders, file) = match components.split_last() {
        Some((file, folders)) => (folders, file.as_str()),
        None => (components, ""),
    };
    // A name may begin with a dot only if it was asked for; then all of it is the stem.
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| if stem.is_empty() { file } else { stem });
    match kind {
        SectionKind::Movie => movie::name(folders, stem),
        SectionKind::Show => episode::name(folders, stem),
        SectionKind::Artist => track::name(folders, stem),
        SectionKind::Photo => photo::name(stem),
    }
}

#[cfg(test)]
pub(crate) fn components(path: &str) -> Vec<String> {
    path.split('/').map(str::to_owned).collect()
}
