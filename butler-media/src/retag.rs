//! Finds out how the gain tags of a music file come to be what they shall be: which bytes change, and into
//! what. It writes nothing, and reads tag blocks only; the sound is left where it is.
//!
//! The library that reads tags could write them too, and is not asked: it writes the whole tag anew, leaves
//! out what it does not know, raises old versions and holds the whole file in memory. Here each field that
//! is no gain stays as it is, byte for byte, and so does the filling around tags: taken back, a file is what
//! it was. What is odd in any way is refused with a sentence. Start with [`retag`]; one file a layout is
//! beside it.

mod ape;
mod flac;
mod id3v2;
mod mp4;
mod ogg;
mod splice;
mod vorbis;

use std::ops::Range;

use butler_product::Failure;
use butler_product::gain_tags::{Form, GainTag, MAX_TAGS, Retag, Retagged, is_gain_tag};

use crate::cursor::guarded;
use crate::source::{Source, Stopped};
use splice::Splice;

/// Bytes of tags that are held in memory at a time: a cover may be among them.
const MAX_TAG_BYTES: u64 = 24 << 20;

/// What is said of a file whose tags are not as any format has them.
const ODD: &str = "Its tags are damaged, or written in a way that Butler does not know; they are left alone.";

/// What is said of a gain tag that could not be given back as it is.
const NO_TEXT: &str =
    "One of its gain tags is no text, and could not be given back to it as it is; it is left alone.";

/// Why a file's tags are left alone.
#[derive(Debug)]
enum Refusal {
    /// For what they are: one sentence.
    Layout(&'static str),
    /// They could not be read; the source knows why.
    Stopped,
}

impl From<Stopped> for Refusal {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

/// How a file comes to have the gain tags that are asked for.
pub(crate) fn retag(source: &Source, retag: &Retag) -> Result<Retagged, Failure> {
    let found = guarded(|| by_layout(&File { source }, retag));
    if let Some(failure) = source.failure() {
        return Err(failure);
    }
    match found {
        Some(Ok(change)) if change.is_sound(source.size()) => Ok(change),
        Some(Ok(_)) => Err(Failure::content("More of it would change than tags; it is left alone.")),
        Some(Err(Refusal::Layout(sentence))) => Err(Failure::content(sentence)),
        Some(Err(Refusal::Stopped)) => {
            Err(Failure::source("The file could not be read to the end of its tags."))
        }
        None => Err(Failure::content(ODD)),
    }
}

fn by_layout(file: &File<'_>, retag: &Retag) -> Result<Retagged, Refusal> {
    let first: [u8; 12] = file.array(0)?;
    if first.starts_with(b"OggS") {
        return ogg::retag(file, retag);
    }
    if first[4..8] == *b"ftyp" {
        return mp4::retag(file, retag);
    }
    let start = id3v2::end_of_all(file)?;
    let after: [u8; 4] = file.array(start)?;
    match &after {
        b"fLaC" => flac::retag(file, start, retag),
        [b'w', b'v', b'p', b'k']
        | [b'M', b'A', b'C', b' ']
        | [b'M', b'P', b'C', b'K']
        | [b'M', b'P', b'+', _] => ape::retag(file, start, retag),
        [0xff, sync, ..] if sync & 0xe0 == 0xe0 => of_mpeg(file, start, retag),
        _ => Err(Refusal::Layout(
            "It is of a kind into which Butler writes no tags: FLAC, Ogg Vorbis, Opus, Speex, MP3, AAC, M4A, \
             WavPack, Monkey's Audio and Musepack are those into which it does.",
        )),
    }
}

/// MPEG audio has its tags in front or behind, by three formats. Where there is one that can hold gains, that
/// one is taken; a new one would hide the old ones from many a player.
fn of_mpeg(file: &File<'_>, start: u64, retag: &Retag) -> Result<Retagged, Refusal> {
    let behind = ape::behind(file, start)?;
    match (start, &behind.tag) {
        (0, Some(_)) => ape::retag(file, start, retag),
        (0, None) if behind.has_id3v1 => Err(Refusal::Layout(
            "It has an old ID3v1 tag alone, and a newer one beside it would hide that from players; have a tag \
             editor write an ID3v2 tag first.",
        )),
        (_, Some(tag)) if tag.has_gains() => Err(Refusal::Layout(
            "It tells gains in an APEv2 tag as well, as mp3gain writes them; players would not agree which count. \
             Remove those first, for example by `mp3gain -s d`.",
        )),
        _ => id3v2::retag(file, retag),
    }
}

/// The file that is looked at.
struct File<'a> {
    source: &'a Source,
}

impl File<'_> {
    const fn size(&self) -> u64 {
        self.source.size()
    }

    /// So many bytes at a place. Beyond the end, or more than any tag has, is odd.
    fn bytes(&self, at: u64, length: u64) -> Result<Vec<u8>, Refusal> {
        let is_inside = at.checked_add(length).is_some_and(|end| end <= self.size());
        if !is_inside || length > MAX_TAG_BYTES {
            return Err(Refusal::Layout(ODD));
        }
        let mut bytes = Vec::new();
        self.source.fill(&mut bytes, length as usize, at)?;
        if bytes.len() as u64 == length { Ok(bytes) } else { Err(Refusal::Layout(ODD)) }
    }

    fn array<const N: usize>(&self, at: u64) -> Result<[u8; N], Refusal> {
        self.bytes(at, N as u64)?.try_into().map_err(|_| Refusal::Layout(ODD))
    }
}

/// A field of a tag: where it lies, and what it says if it tells a gain.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    at: Range<usize>,
    gain: Option<GainTag>,
}

/// What becomes of the fields of a tag.
struct Change {
    old: Vec<GainTag>,
    new: Vec<GainTag>,
    /// Fields that go.
    gone: Vec<Range<usize>>,
    /// Where the new ones come: in place of the first that goes, or behind the last field.
    at: usize,
}

impl Change {
    /// The change of a tag with these fields, of which `end` lies behind the last; none where the tag already
    /// tells what it shall.
    fn of(fields: &[Field], end: usize, new: Vec<GainTag>) -> Result<(Vec<GainTag>, Option<Self>), Refusal> {
        let gains = || fields.iter().filter(|field| field.gain.is_some());
        let old: Vec<GainTag> = gains().filter_map(|field| field.gain.clone()).collect();
        if old.len() > MAX_TAGS {
            return Err(Refusal::Layout(ODD));
        }
        if old == new {
            return Ok((old, None));
        }
        let gone: Vec<_> = gains().map(|field| field.at.clone()).collect();
        let at = gone.first().map_or(end, |first| first.start);
        Ok((old.clone(), Some(Self { old, new, gone, at })))
    }

    /// How many fields there are afterwards.
    const fn count(&self, before: usize) -> usize {
        before + self.new.len() - self.gone.len()
    }

    /// Carries it out on a splice whose place 0 is the fields' own; the new ones are written by `field`.
    fn carry_out(&self, splice: &mut Splice, base: u64, field: impl Fn(&GainTag) -> Vec<u8>) {
        let new: Vec<u8> = self.new.iter().flat_map(field).collect();
        let mut new = Some(new);
        if self.gone.is_empty() {
            splice.put(base + self.at as u64, new.take().unwrap_or_default());
        }
        for gone in &self.gone {
            splice.replace(base + gone.start as u64..base + gone.end as u64, new.take().unwrap_or_default());
        }
    }

    fn retagged(self, splice: Splice) -> Retagged {
        Retagged { old: self.old, new: self.new, edits: splice.edits() }
    }
}

/// A file that already tells what it shall.
fn unchanged(tags: Vec<GainTag>) -> Retagged {
    Retagged { new: tags.clone(), old: tags, edits: Vec::new() }
}

/// A tag, if its name is one of those that tell a gain. One whose value is no text can't be kept word for
/// word.
fn gain_tag(name: &[u8], value: Option<&[u8]>) -> Result<Option<GainTag>, Refusal> {
    let Some(name) = std::str::from_utf8(name).ok().filter(|name| is_gain_tag(name)) else { return Ok(None) };
    let value = value.and_then(|value| std::str::from_utf8(value).ok());
    Ok(Some(GainTag::new(name, value.ok_or(Refusal::Layout(NO_TEXT))?)))
}

fn replay_gain(retag: &Retag) -> Vec<GainTag> {
    retag.tags(Form::ReplayGain)
}
