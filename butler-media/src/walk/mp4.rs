//! Walks MP4 and QuickTime: the sample tables of `moov`, and the runs of each `moof` of a fragmented file.
//! Reads no payload.
//!
//! Edit lists are followed as libav's demuxer follows them, so that a packet is the same whoever tells of it:
//! one edit, perhaps after an empty one; anything else is unusual. Source: ISO/IEC 14496-12. Fragments are in
//! `mp4/fragments.rs`, tables in `tables.rs`.

mod facts;
mod fragments;

use butler_product::media_info::StreamKind;

use super::tables::{MAX_SAMPLES, Sample, Tables, large, number};
use super::{Cut, Head, ReadAt, Take, Unwalked, Walked, Window, micros};
use crate::source::Stopped;
pub(crate) use facts::{Facts, facts};
use fragments::Fragments;

/// Bytes of an index that is read whole: a day of film with sound takes 100 MB.
const MAX_INDEX_BYTES: u64 = 256 << 20;
/// Bytes of an index that are read at a time, so that a length that lies allocates nothing.
const PIECE_BYTES: usize = 1 << 20;

/// One track.
struct Track<'a> {
    id: u32,
    handler: [u8; 4],
    /// Units a second.
    scale: u64,
    tables: Tables<'a>,
    edits: Vec<Edit>,
}

/// An edit, its duration in the movie's units of time, its start in the track's; a start of -1 is empty time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Edit {
    duration: i64,
    start: i64,
}

pub(super) fn walk(input: &dyn ReadAt, streams: &[StreamKind], take: Take<'_>) -> Result<Walked, Unwalked> {
    let mut window = Window::new(input);
    let mut place = 0;
    let moov = loop {
        let Some(found) = top_box(&mut window, place, input.size())? else {
            return Err(Unwalked::Unusual("there is no index"));
        };
        match &found.kind {
            b"moov" => break found,
            b"moof" => return Err(Unwalked::Unusual("a fragment comes before the index")),
            _ => place = found.end,
        }
    };
    if moov.end > input.size() || moov.end - moov.content > MAX_INDEX_BYTES {
        return Err(Unwalked::Unusual("the index is cut off or too large"));
    }
    let index = read(input, moov.content, moov.end)?;
    let movie = Movie::of(&index, streams)?;
    let mut teller = Teller { size: input.size(), cut: None, take };
    tell_tracks(&movie, streams, &mut teller)?;
    if movie.is_fragmented {
        let mut fragments = Fragments::new(&index, &movie, streams)?;
        place = moov.end;
        while let Some(found) = top_box(&mut window, place, input.size())? {
            place = found.end;
            if found.end > input.size() {
                teller.cut = teller.cut.or(Some(Cut::AfterLast));
                break;
            }
            if &found.kind == b"moof" {
                if found.end - found.content > MAX_INDEX_BYTES {
                    return Err(Unwalked::Unusual("a fragment's index is too large"));
                }
                let content = read_small(&mut window, input, found.content, found.end)?;
                fragments.tell(&content, found.start, &mut teller)?;
            }
        }
    }
    Ok(Walked { cut: teller.cut })
}

/// A box of the file itself.
struct TopBox {
    kind: [u8; 4],
    start: u64,
    content: u64,
    end: u64,
}

/// The box at a place; none at the file's end.
fn top_box(window: &mut Window<'_>, place: u64, size: u64) -> Result<Option<TopBox>, Unwalked> {
    if place >= size {
        return Ok(None);
    }
    let head = window.at(place, 16)?;
    if head.len() < 8 {
        return Ok(None);
    }
    let kind = [head[4], head[5], head[6], head[7]];
    if !kind.iter().all(|byte| (0x20..0x7F).contains(byte) || *byte == 0xA9) {
        return Err(Unwalked::Unusual("what should be a box is none"));
    }
    let (header, length) = match number(head, 0) {
        0 => (8, size - place),
        1 if head.len() >= 16 => (16, large(head, 8)),
        short => (8, short.into()),
    };
    let end = place
        .checked_add(length)
        .filter(|_| length >= header)
        .ok_or(Unwalked::Unusual("a box contradicts itself"))?;
    Ok(Some(TopBox { kind, start: place, content: place + header, end }))
}

/// Reads a stretch of the file, piece by piece.
fn read(input: &dyn ReadAt, start: u64, end: u64) -> Result<Vec<u8>, Unwalked> {
    let (mut bytes, mut piece) = (Vec::new(), Vec::new());
    let mut place = start;
    while place < end {
        let most = usize::try_from(end - place).map_or(PIECE_BYTES, |rest| rest.min(PIECE_BYTES));
        input.fill(&mut piece, most, place)?;
        if piece.is_empty() {
            return Err(Unwalked::Unusual("the file is shorter than it was"));
        }
        place += piece.len() as u64;
        if bytes.is_empty() && place == end {
            return Ok(piece);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// The same out of the window, where it fits.
fn read_small(
    window: &mut Window<'_>,
    input: &dyn ReadAt,
    start: u64,
    end: u64,
) -> Result<Vec<u8>, Unwalked> {
    let length = usize::try_from(end - start).unwrap_or(usize::MAX);
    if length <= 64 << 10 {
        let held: Result<&[u8], Stopped> = window.at(start, length);
        if let Some(bytes) = held?.get(..length) {
            return Ok(bytes.to_vec());
        }
    }
    read(input, start, end)
}

/// The boxes in some bytes, to the first one that is none.
fn boxes(bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let kind = *rest.get(4..)?.first_chunk::<4>()?;
        let (header, length) = match number(rest, 0) {
            0 => (8, rest.len()),
            1 => (16, usize::try_from(large(rest, 8)).ok()?),
            short => (8, short as usize),
        };
        let content = rest.get(header..length)?;
        rest = &rest[length..];
        Some((kind, content))
    })
}

/// The first box of a kind.
fn first<'a>(bytes: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    boxes(bytes).find(|(found, _)| found == kind).map(|(_, content)| content)
}

/// What `moov` says.
struct Movie<'a> {
    /// Units a second.
    scale: u64,
    tracks: Vec<Track<'a>>,
    is_fragmented: bool,
}

impl<'a> Movie<'a> {
    fn of(index: &'a [u8], streams: &[StreamKind]) -> Result<Self, Unwalked> {
        let broken = Unwalked::Unusual("the index lacks what it needs");
        if first(index, b"cmov").is_some() {
            return Err(Unwalked::Unusual("the index is compressed"));
        }
        let header = first(index, b"mvhd").ok_or(broken)?;
        let scale = u64::from(number(header, if header.first() == Some(&1) { 20 } else { 12 }));
        let tracks: Option<Vec<_>> =
            boxes(index).filter(|(kind, _)| kind == b"trak").map(|(_, content)| Track::of(content)).collect();
        let movie = Self {
            scale: scale.max(1),
            tracks: tracks.ok_or(broken)?,
            is_fragmented: first(index, b"mvex").is_some(),
        };
        // Streams are numbered as libav numbers them, or what is told would be another stream's.
        let fits = |(kind, track): (&StreamKind, Option<&Track<'_>>)| match kind {
            StreamKind::Video => track.is_some_and(|track| &track.handler == b"vide"),
            StreamKind::Audio => track.is_some_and(|track| &track.handler == b"soun"),
            StreamKind::Subtitle => track.is_some(),
            StreamKind::Picture | StreamKind::Other => true,
        };
        let numbered = streams.iter().enumerate().map(|(at, kind)| (kind, movie.tracks.get(at)));
        if movie.tracks.len() > streams.len() || !numbered.into_iter().all(fits) {
            return Err(Unwalked::Unusual("the tracks are not the streams"));
        }
        let claimed = movie.tracks.iter().fold(0_u64, |sum, track| sum.saturating_add(track.tables.count()));
        if claimed > MAX_SAMPLES { Err(Unwalked::Unusual("there are too many samples")) } else { Ok(movie) }
    }

    /// The tracks that are told of, with their streams' places.
    fn told(&self, streams: &[StreamKind]) -> Vec<(u32, &Track<'a>)> {
        let is_told =
            |kind: &StreamKind| matches!(kind, StreamKind::Video | StreamKind::Audio | StreamKind::Subtitle);
        (0..)
            .zip(&self.tracks)
            .zip(streams)
            .filter(|(_, kind)| is_told(kind))
            .map(|(numbered, _)| numbered)
            .collect()
    }
}

impl<'a> Track<'a> {
    fn of(content: &'a [u8]) -> Option<Self> {
        let header = first(content, b"tkhd")?;
        let media = first(content, b"mdia")?;
        let clock = first(media, b"mdhd")?;
        let handler = *first(media, b"hdlr")?.get(8..)?.first_chunk()?;
        let edits = first(content, b"edts").and_then(|edits| first(edits, b"elst"));
        Some(Self {
            id: number(header, if header.first() == Some(&1) { 20 } else { 12 }),
            handler,
            scale: u64::from(number(clock, if clock.first() == Some(&1) { 20 } else { 12 })).max(1),
            tables: Tables::new(boxes(first(first(media, b"minf")?, b"stbl")?), &handler == b"soun")?,
            edits: edits.map(edits_of).unwrap_or_default(),
        })
    }

    /// The samples that the track's edits leave.
    fn edited(&self, movie_scale: u64) -> Result<Edited, Unwalked> {
        if self.edits.is_empty() || self.tables.samples().next().is_none() {
            return Ok(Edited { first: 0, count: usize::MAX, origin: 0 });
        }
        let unusual = Unwalked::Unusual("the edit list is not a single edit");
        let (empty, edit) = self.edit(movie_scale).filter(|(_, edit)| edit.duration > 0).ok_or(unusual)?;
        let edited = Edited::of(self, edit).ok_or(unusual)?;
        Ok(Edited { origin: edited.origin.saturating_sub(empty), ..edited })
    }

    /// The empty time before the one edit, and the edit, both in the track's units; none where there is
    /// another number of edits.
    fn edit(&self, movie_scale: u64) -> Option<(i64, Edit)> {
        let scaled = |duration: i64| {
            let product = i128::from(duration) * i128::from(self.scale) * 2 + i128::from(movie_scale);
            i64::try_from(product / (2 * i128::from(movie_scale))).unwrap_or(i64::MAX)
        };
        let (last, before) = self.edits.split_last()?;
        let empty = before.iter().try_fold(0_i64, |sum, edit| {
            (edit.start == -1).then(|| sum.saturating_add(scaled(edit.duration)))
        })?;
        (last.start >= 0).then(|| (empty, Edit { duration: scaled(last.duration), start: last.start }))
    }
}

fn edits_of(content: &[u8]) -> Vec<Edit> {
    let is_long = content.first() == Some(&1);
    let entries = content.get(8..).unwrap_or_default();
    let claimed = number(content, 4) as usize;
    let edit = |entry: &[u8]| {
        if is_long {
            Edit { duration: large(entry, 0).cast_signed(), start: large(entry, 8).cast_signed() }
        } else {
            Edit { duration: number(entry, 0).into(), start: number(entry, 4).cast_signed().into() }
        }
    };
    entries.chunks_exact(if is_long { 20 } else { 12 }).take(claimed).map(edit).collect()
}

/// Tells samples, and notices those that lie behind the file's end.
struct Teller<'a> {
    size: u64,
    cut: Option<Cut>,
    take: Take<'a>,
}

impl Teller<'_> {
    /// Tells a sample of a stream; times count from `origin`.
    fn tell(&mut self, stream: u32, scale: u64, origin: i64, sample: &Sample) {
        let time = micros(sample.shown.saturating_sub(origin), scale);
        if sample.place.checked_add(sample.bytes).is_none_or(|end| end > self.size) {
            self.cut = Some(Cut::Before(match self.cut {
                Some(Cut::Before(earlier)) => earlier.min(time),
                _ => time,
            }));
            return;
        }
        let duration = micros(sample.duration.max(0), scale);
        (self.take)(Head {
            stream,
            time: Some(time),
            duration,
            bytes: sample.bytes,
            is_key: sample.is_key,
            place: Some(sample.place),
        });
    }
}

/// Tells the samples of all tracks that their edits leave, side by side, as a player wants them.
fn tell_tracks(movie: &Movie<'_>, streams: &[StreamKind], teller: &mut Teller<'_>) -> Result<(), Unwalked> {
    let mut tracks = Vec::new();
    for (stream, track) in movie.told(streams) {
        let Edited { first, count, origin } = track.edited(movie.scale)?;
        let mut samples = track.tables.samples();
        if first > 0 {
            // Step by step: tables tell no sample without those before it.
            let _ = samples.nth(first - 1);
        }
        let mut samples = samples.take(count);
        if let Some(sample) = samples.next() {
            tracks.push((
                micros(sample.decoded.saturating_sub(origin), track.scale),
                sample,
                stream,
                track.scale,
                origin,
                samples,
            ));
        }
    }
    while let Some(at) = (0..tracks.len()).min_by_key(|at| tracks[*at].0) {
        let (next, sample, stream, scale, origin, samples) = &mut tracks[at];
        teller.tell(*stream, *scale, *origin, sample);
        match samples.next() {
            Some(following) => {
                (*next, *sample) = (micros(following.decoded.saturating_sub(*origin), *scale), following)
            }
            None => drop(tracks.swap_remove(at)),
        }
    }
    Ok(())
}

/// The samples that an edit leaves, and the time that becomes its start.
#[derive(Debug, PartialEq, Eq)]
struct Edited {
    first: usize,
    count: usize,
    origin: i64,
}

impl Edited {
    fn of(track: &Track<'_>, edit: Edit) -> Option<Self> {
        let is_sound = &track.handler == b"soun";
        let end = edit.start.saturating_add(edit.duration);
        let start_of_file = track.tables.samples().next()?.decoded;
        // Decoders of sound need some of what comes before.
        let wanted = if is_sound {
            edit.start.saturating_sub(track.scale.cast_signed()).max(start_of_file)
        } else {
            edit.start
        };
        let samples = || track.tables.samples().enumerate();
        let leads = |sample: &Sample| sample.is_key && sample.shown <= wanted && sample.decoded <= wanted;
        let first = samples()
            .take_while(|(_, sample)| sample.decoded <= wanted)
            .filter(|(_, sample)| leads(sample))
            .last()?
            .0;
        let (mut earliest, mut first_decoded, mut straddling) = (None, None, false);
        let (mut count, mut key_after) = (0, false);
        let mut rest = samples().skip(first).map(|(_, sample)| sample).peekable();
        while let Some(sample) = rest.next() {
            count += 1;
            let duration =
                rest.peek().map_or(edit.duration, |next| next.decoded.saturating_sub(sample.decoded));
            let shown_until = sample.shown.saturating_add(duration);
            if sample.shown >= edit.start && sample.shown < end {
                earliest = Some(earliest.map_or(sample.shown, |earliest: i64| earliest.min(sample.shown)));
                first_decoded = first_decoded.or(Some(sample.decoded));
            } else if is_sound && sample.shown < edit.start && shown_until > edit.start {
                straddling = true;
            }
            if shown_until >= end && (sample.is_key || is_sound) {
                // Pictures that belong to the edit may still follow the first key frame after it.
                if is_sound || key_after || !track.tables.has_offsets() {
                    break;
                }
                key_after = true;
            }
        }
        let origin = match &track.handler {
            b"vide" => earliest?.max(first_decoded?),
            b"soun" if straddling => edit.start,
            _ => first_decoded?,
        };
        Some(Self { first, count, origin })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{damaged, heads};
    use super::*;

    const KINDS: [StreamKind; 2] = [StreamKind::Video, StreamKind::Audio];

    fn bx(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        [&(content.len() as u32 + 8).to_be_bytes()[..], kind, content].concat()
    }

    fn words(numbers: &[u32]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
    }

    fn trak(id: u32, handler: &[u8; 4], scale: u32, edits: &[[u32; 3]], stbl: &[Vec<u8>]) -> Vec<u8> {
        let tkhd = bx(b"tkhd", &words(&[0, 0, 0, id, 0, 0]));
        let mdhd = bx(b"mdhd", &words(&[0, 0, 0, scale, 0, 0]));
        let hdlr = bx(b"hdlr", &[&words(&[0, 0])[..], handler, &words(&[0, 0, 0])].concat());
        let elst = bx(b"elst", &[words(&[0, edits.len() as u32]), words(&edits.concat())].concat());
        let edts = if edits.is_empty() { Vec::new() } else { bx(b"edts", &elst) };
        let minf = bx(b"minf", &bx(b"stbl", &stbl.concat()));
        bx(b"trak", &[tkhd, edts, bx(b"mdia", &[mdhd, hdlr, minf].concat())].concat())
    }

    /// Video of eight samples with pictures out of order and two key samples, and sound with an encoder's
    /// delay, 100 and 48,000 units a second; the payload lies at 10,000.
    fn film(edit: Option<[u32; 3]>) -> Vec<u8> {
        let video = [
            bx(b"stts", &words(&[0, 1, 8, 4])),
            bx(b"ctts", &words(&[0, 4, 1, 4, 1, 8, 1, 0, 5, 4])),
            bx(b"stsz", &words(&[0, 0, 8, 900, 10, 11, 12, 800, 13, 14, 15])),
            bx(b"stsc", &words(&[0, 1, 1, 4, 1])),
            bx(b"stco", &words(&[0, 2, 10_000, 20_000])),
            bx(b"stss", &words(&[0, 2, 1, 5])),
        ];
        let sound = [
            bx(b"stts", &words(&[0, 1, 4, 1_024])),
            bx(b"stsz", &words(&[0, 100, 4])),
            bx(b"stsc", &words(&[0, 1, 1, 2, 1])),
            bx(b"stco", &words(&[0, 2, 15_000, 25_000])),
        ];
        let edits: Vec<_> = edit.into_iter().collect();
        let tracks = [
            trak(1, b"vide", 100, &edits, &video),
            trak(2, b"soun", 48_000, &[[50, 1_024, 0x1_0000]], &sound),
        ]
        .concat();
        let moov = bx(b"moov", &[bx(b"mvhd", &words(&[0, 0, 0, 1_000, 320])), tracks].concat());
        let mut file = [bx(b"ftyp", b"isom"), moov].concat();
        let rest = 30_000 - file.len();
        file.extend(bx(b"mdat", &vec![0; rest - 8]));
        file
    }

    fn of(file: &[u8], stream: u32) -> Vec<(i64, u64, bool)> {
        let kinds = if file.windows(4).any(|word| word == b"soun") { &KINDS[..] } else { &KINDS[..1] };
        let (walked, heads) = heads("mov", file, kinds).unwrap();
        assert_eq!(walked.cut, None);
        heads
            .iter()
            .filter(|head| head.stream == stream)
            .map(|head| (head.time.unwrap() / 10_000, head.bytes, head.is_key))
            .collect()
    }

    #[test]
    fn pictures_out_of_order_have_the_time_at_which_they_are_shown() {
        let told = of(&film(None), 0);
        let expect = [(4, 900, true), (12, 10, false), (8, 11, false), (16, 12, false)];
        assert_eq!(told[..4], expect);
        assert_eq!(told.len(), 8);
    }

    #[test]
    fn an_edit_moves_the_film_to_its_start_and_keeps_what_its_first_picture_needs() {
        assert_eq!(of(&film(Some([320, 4, 0x1_0000])), 0)[0], (0, 900, true));
        // From the third shown picture on: the key sample before it stays, before the start.
        let told = of(&film(Some([320, 12, 0x1_0000])), 0);
        assert_eq!((told[0], told[1]), ((-8, 900, true), (0, 10, false)));
        // From the second key sample on: nothing before it is left.
        assert_eq!(of(&film(Some([320, 20, 0x1_0000])), 0)[0], (0, 800, true));
    }

    #[test]
    fn the_encoders_delay_of_sound_lies_before_the_start() {
        let told = of(&film(None), 1);
        assert_eq!(told, [(-2, 100, true), (0, 100, true), (2, 100, true), (4, 100, true)]);
    }

    #[test]
    fn samples_behind_the_files_end_are_not_told_and_the_first_of_them_is_named() {
        let (walked, told) = heads("mov", &film(None)[..20_500], &KINDS).unwrap();
        assert_eq!(walked.cut, Some(Cut::Before(21_333)), "of the sound, which lies behind it");
        assert!(told.iter().all(|head| head.place.unwrap() + head.bytes <= 20_500));
    }

    #[test]
    fn any_damage_ends_the_walk_without_a_panic() {
        damaged("mov", &film(Some([320, 4, 0x1_0000])), &KINDS);
        damaged("mov", &fragmented(), &KINDS[..1]);
    }

    fn fragmented() -> Vec<u8> {
        let trex = bx(b"trex", &words(&[0, 1, 1, 4, 50, 0x0101_0000]));
        let empty = trak(1, b"vide", 100, &[], &[bx(b"stsd", &words(&[0, 0]))]);
        let moov =
            bx(b"moov", &[bx(b"mvhd", &words(&[0, 0, 0, 1_000, 0])), empty, bx(b"mvex", &trex)].concat());
        let fragment = |time: u32| {
            let tfhd = bx(b"tfhd", &words(&[0x2_0000, 1]));
            let tfdt = bx(b"tfdt", &words(&[0, time]));
            let trun = bx(b"trun", &words(&[0x205, 3, 112, 0x0200_0000, 30, 20, 10]));
            let moof = bx(b"moof", &bx(b"traf", &[tfhd, tfdt, trun].concat()));
            [moof, bx(b"mdat", &[0; 100])].concat()
        };
        [bx(b"ftyp", b"iso6"), moov, fragment(0), fragment(12)].concat()
    }

    #[test]
    fn fragments_tell_their_samples() {
        assert_eq!(
            of(&fragmented(), 0),
            [(0, 30, true), (4, 20, false), (8, 10, false), (12, 30, true), (16, 20, false), (20, 10, false)]
        );
    }

    #[test]
    fn tracks_that_are_not_the_streams_and_several_edits_are_unusual() {
        assert!(matches!(
            heads("mov", &film(None), &[StreamKind::Audio, StreamKind::Video]),
            Err(Unwalked::Unusual(_))
        ));
        let two = trak(
            1,
            b"vide",
            100,
            &[[100, 0, 0x1_0000], [100, 12, 0x1_0000]],
            &[bx(b"stsz", &words(&[0, 9, 3]))],
        );
        assert!(matches!(heads("mov", &bx(b"moov", &two), &[StreamKind::Video]), Err(Unwalked::Unusual(_))));
    }
}
