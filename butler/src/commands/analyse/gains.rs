//! Gains of music files that were measured: of albums, where each folder is one, and into their tags, where
//! that is asked for. There is no library here, and so nothing that could take it back: what the tags were
//! before is printed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use butler_engine::{Asked, Became, FileTags, Retagger, Seen};
use butler_product::album_loudness::AlbumLoudness;
use butler_product::gain_tags::{GainTag as Tag, Gains, Level};
use butler_product::loudness::Loudness;
use clap::Args;
use serde::Serialize;

use crate::commands::tags::change;

/// What is wanted of gains.
#[derive(Args)]
pub(crate) struct GainArguments {
    /// Take the music files of each folder for an album, and measure it as a whole
    #[arg(long)]
    album: bool,

    /// Write the gains into the tags of the music files (ReplayGain 2; R 128 in Opus): it changes these files,
    /// and nothing else in them
    #[arg(long)]
    tags: bool,

    /// With --tags: also into files that carry gains, in place of these; they are printed, and kept nowhere
    #[arg(long, requires = "tags")]
    overwrite: bool,

    /// With --tags: only show what would be written
    #[arg(long, requires = "tags")]
    dry_run: bool,
}

impl GainArguments {
    /// Whether loudness has to be measured for it.
    pub(super) const fn need_loudness(&self) -> bool {
        self.album || self.tags
    }
}

/// What became of a file's gains.
#[derive(Debug, Default, PartialEq)]
pub(super) struct FileGains {
    pub(super) album: Option<AlbumLoudness>,
    pub(super) tags: Option<Tags>,
}

/// What became of a file's tags, for programs.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Tags {
    /// `written`, `would_be_written`, `same` or `left_alone`.
    pub(super) outcome: &'static str,
    old: Vec<Tag>,
    new: Vec<Tag>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) why: Option<String>,
}

impl Tags {
    fn left(why: &str) -> Self {
        Self { outcome: "left_alone", old: Vec::new(), new: Vec::new(), why: Some(why.to_owned()) }
    }

    /// For a person.
    pub(super) fn words(&self) -> String {
        let tags = |tags: &[Tag]| {
            tags.iter()
                .map(|tag| butler_client::GainTag { name: tag.name.clone(), value: tag.value.clone() })
                .collect::<Vec<_>>()
        };
        match (&self.why, self.outcome) {
            (Some(why), _) => format!("left alone: {why}"),
            (None, "same") => "as they shall be already".to_owned(),
            (None, "written") => format!("written: {}", change(&tags(&self.old), &tags(&self.new))),
            (None, _) => format!("would be written: {}", change(&tags(&self.old), &tags(&self.new))),
        }
    }
}

impl From<FileTags> for Tags {
    fn from(FileTags { old, new, became, .. }: FileTags) -> Self {
        let (outcome, why) = match became {
            Became::Written => ("written", None),
            Became::WouldBe => ("would_be_written", None),
            Became::Same => ("same", None),
            Became::Left(why) => ("left_alone", Some(why)),
        };
        Self { outcome, old, new, why }
    }
}

/// A music file, as it stood before it was measured.
pub(super) struct Music {
    pub(super) path: PathBuf,
    pub(super) seen: Option<Seen>,
    pub(super) loudness: Option<Loudness>,
}

/// What becomes of the gains of music files, in the order of their folders.
pub(super) fn of_files<'a>(
    arguments: &GainArguments,
    files: &'a [Music],
    retagger: &mut Retagger,
) -> Vec<(&'a Path, FileGains)> {
    let mut folders: BTreeMap<Option<&Path>, Vec<&Music>> = BTreeMap::new();
    for file in files {
        folders.entry(file.path.parent()).or_default().push(file);
    }
    let asked = Asked { overwrite: arguments.overwrite, dry_run: arguments.dry_run };
    let mut gains = Vec::with_capacity(files.len());
    for files in folders.into_values() {
        let album =
            AlbumLoudness::of(files.iter().map(|file| file.loudness.as_ref())).filter(|_| arguments.album);
        for Music { path, seen, loudness } in files {
            let wanted = || {
                let gains = wanted(arguments, loudness.as_ref(), album.as_ref())?;
                Ok((gains, seen.ok_or("It could not be seen when it was measured.")?))
            };
            let tags = arguments.tags.then(|| match wanted() {
                Ok((gains, seen)) => retagger.retag(path, gains, seen, asked).into(),
                Err(why) => Tags::left(why),
            });
            gains.push((path.as_path(), FileGains { album, tags }));
        }
    }
    gains
}

/// The gains that a file shall tell, or why it is left alone.
fn wanted(
    arguments: &GainArguments,
    loudness: Option<&Loudness>,
    album: Option<&AlbumLoudness>,
) -> Result<Gains, &'static str> {
    let loudness = loudness.ok_or("How loud it is could not be measured.")?;
    let track =
        loudness.played().and_then(Level::of_stream).ok_or("It is silent, and silence has no gain.")?;
    if arguments.album && album.is_none_or(|album| album.known < album.tracks) {
        return Err("Another file of its folder could not be measured, and with it not the album.");
    }
    Ok(Gains { track, album: album.and_then(Level::of_album) })
}

#[cfg(test)]
mod tests {
    use butler_product::loudness::{Gate, Measured, StreamLoudness, energy_of};

    use super::*;

    fn loudness(lufs: f64) -> Loudness {
        let mut gate = Gate::default();
        (0..50).for_each(|_| gate.add(energy_of(lufs)));
        let measured =
            Measured { gate: &gate, short_terms: &[], momentary_max: 0.0, short_term_max: 0.0, peak: 0.5 };
        Loudness { played: 0, streams: vec![StreamLoudness::new(0, &measured)], unheard: Vec::new() }
    }

    #[test]
    fn a_folder_is_an_album_where_that_is_asked_for_and_only_as_a_whole() {
        let asked = |album| GainArguments { album, tags: true, overwrite: false, dry_run: true };
        let (loud, soft) = (loudness(-10.0), loudness(-20.0));
        let of = |tracks: &[Option<&Loudness>]| AlbumLoudness::of(tracks.iter().copied());
        let whole = of(&[Some(&loud), Some(&soft)]);
        let gains = wanted(&asked(true), Some(&loud), whole.as_ref()).unwrap();
        assert_eq!((gains.track.gain, gains.album.unwrap().gain), (-8.0, whole.unwrap().gain.unwrap()));
        assert_eq!(wanted(&asked(false), Some(&loud), None).unwrap().album, None);
        let part = of(&[Some(&loud), None]);
        assert!(wanted(&asked(true), Some(&loud), part.as_ref()).is_err());
        assert!(wanted(&asked(true), None, part.as_ref()).is_err());
        assert!(wanted(&asked(false), Some(&loudness(-90.0)), None).unwrap_err().contains("silent"));
    }
}
