//! Walks Matroska and WebM: from block header to block header through all clusters. Reads no payload.
//!
//! What is not an element that belongs there is left to libav's demuxer, which searches for the next cluster.
//! Sources: RFC 8794 (EBML) and RFC 9559 (Matroska). Laced blocks are in `matroska/lacing.rs`, tracks in
//! `matroska/tracks.rs`.

mod lacing;
mod tracks;

use butler_product::media_info::StreamKind;

use super::{Cut, Head, ReadAt, Take, Unwalked, Walked, Window, micros};
use lacing::Laces;
use tracks::Track;

/// Bytes of the longest element head: four of the id, eight of the size.
const HEAD_BYTES: usize = 12;
/// Bytes of a block that are looked at: its own head, and what a laced one says of its frames.
const BLOCK_HEAD_BYTES: u64 = 1 << 10;
/// Bytes of the description of all tracks.
const MAX_TRACKS_BYTES: u64 = 256 << 10;
/// Nanoseconds of a second.
const SECOND: u64 = 1_000_000_000;

mod id {
    pub(super) const EBML: u32 = 0x1A45_DFA3;
    pub(super) const SEGMENT: u32 = 0x1853_8067;
    pub(super) const INFO: u32 = 0x1549_A966;
    pub(super) const TIMESTAMP_SCALE: u32 = 0x2A_D7B1;
    pub(super) const TRACKS: u32 = 0x1654_AE6B;
    pub(super) const CLUSTER: u32 = 0x1F43_B675;
    pub(super) const TIMESTAMP: u32 = 0xE7;
    pub(super) const SIMPLE_BLOCK: u32 = 0xA3;
    pub(super) const BLOCK_GROUP: u32 = 0xA0;
    pub(super) const BLOCK: u32 = 0xA1;
    pub(super) const BLOCK_DURATION: u32 = 0x9B;
    pub(super) const REFERENCE_BLOCK: u32 = 0xFB;
    /// What is stepped over: seek head, cues, attachments, chapters, tags, void, checksum, and a cluster's
    /// position, size before and silent tracks.
    pub(super) const STEPPED_OVER: [u32; 10] =
        [0x114D_9B74, 0x1C53_BB6B, 0x1941_A469, 0x1043_A770, 0x1254_C367, 0xEC, 0xBF, 0xA7, 0xAB, 0x5854];
}

/// An element's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Element {
    id: u32,
    content: u64,
    /// None where its size is unknown.
    end: Option<u64>,
}

/// Reads a number whose first byte tells its length; `keep` leaves the mark of the length inside, as ids have
/// it.
fn vint(bytes: &[u8], longest: usize, keep: bool) -> Option<(u64, usize)> {
    let first = *bytes.first()?;
    let length = first.leading_zeros() as usize + 1;
    if length > longest {
        return None;
    }
    let mask = if keep || length > 7 {
        u64::from(first) & if keep { 0xFF } else { 0 }
    } else {
        u64::from(first) & (0xFF >> length)
    };
    bytes
        .get(1..length)?
        .iter()
        .try_fold(mask, |number, &byte| Some(number << 8 | u64::from(byte)))
        .map(|number| (number, length))
}

/// The head of the element that begins some bytes, which lie at `place`.
fn element(bytes: &[u8], place: u64) -> Option<Element> {
    let (id, id_length) = vint(bytes, 4, true)?;
    let (size, size_length) = vint(&bytes[id_length..], 8, false)?;
    let content = place.checked_add((id_length + size_length) as u64)?;
    let unknown = (1_u64 << (7 * size_length)) - 1;
    let end = if size == unknown { None } else { Some(content.checked_add(size)?) };
    Some(Element { id: u32::try_from(id).ok()?, content, end })
}

/// An unsigned number of up to eight bytes.
fn unsigned(bytes: &[u8]) -> Option<u64> {
    (bytes.len() <= 8).then(|| bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)))
}

/// The elements in some bytes, to the first one that is none.
fn elements(bytes: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let Element { id, content, end } = element(rest, 0)?;
        let (content, end) = (usize::try_from(content).ok()?, usize::try_from(end?).ok()?);
        let bytes = rest.get(content..end)?;
        rest = &rest[end..];
        Some((id, bytes))
    })
}

pub(super) fn walk(input: &dyn ReadAt, streams: &[StreamKind], take: Take<'_>) -> Result<Walked, Unwalked> {
    let mut walk = Walk {
        window: Window::new(input),
        size: input.size(),
        streams,
        scale: 1_000_000,
        tracks: Vec::new(),
        cluster: None,
        laces: Laces::default(),
        is_cut: false,
        take,
    };
    let start = walk.element(0)?.filter(|start| start.id == id::EBML).and_then(|start| start.end);
    let segment = walk.element(start.ok_or(Unwalked::Unusual("this is no Matroska"))?)?;
    let segment = segment
        .filter(|segment| segment.id == id::SEGMENT)
        .ok_or(Unwalked::Unusual("there is no segment"))?;
    walk.segment(segment)?;
    if walk.tracks.is_empty() {
        return Err(Unwalked::Unusual("there is no track"));
    }
    Ok(Walked { cut: walk.is_cut.then_some(Cut::AfterLast) })
}

struct Walk<'a> {
    window: Window<'a>,
    size: u64,
    streams: &'a [StreamKind],
    /// Nanoseconds of a tick.
    scale: u64,
    tracks: Vec<Track>,
    /// The cluster's time, ticks; none until it is told.
    cluster: Option<i64>,
    laces: Laces,
    is_cut: bool,
    take: Take<'a>,
}

/// What a group says of its block.
#[derive(Debug, Clone, Copy, Default)]
struct Group {
    /// Ticks.
    duration: Option<u64>,
    has_references: bool,
}

impl Walk<'_> {
    /// The element at a place; none where the file ends inside its head.
    fn element(&mut self, place: u64) -> Result<Option<Element>, Unwalked> {
        let bytes = self.window.at(place, HEAD_BYTES)?;
        match element(bytes, place) {
            Some(element) => Ok(Some(element)),
            None if bytes.len() < HEAD_BYTES => Ok(None),
            None => Err(Unwalked::Unusual("what should be an element is none")),
        }
    }

    /// The content of a small element.
    fn content(&mut self, element: Element, most: u64) -> Result<&[u8], Unwalked> {
        let too_large = Unwalked::Unusual("an element is too large");
        let length =
            element.end.map(|end| end - element.content).filter(|length| *length <= most).ok_or(too_large)?;
        let length = usize::try_from(length).map_err(|_| too_large)?;
        self.window
            .at(element.content, length)?
            .get(..length)
            .ok_or(Unwalked::Unusual("an element is cut off"))
    }

    fn segment(&mut self, segment: Element) -> Result<(), Unwalked> {
        self.is_cut = segment.end.is_some_and(|end| end > self.size);
        let end = segment.end.map_or(self.size, |end| end.min(self.size));
        let mut place = segment.content;
        while place < end {
            let Some(found) = self.element(place)? else {
                self.is_cut = true;
                break;
            };
            match found.id {
                id::CLUSTER => {
                    self.cluster = None;
                    self.is_cut |= found.end.is_some_and(|end| end > self.size);
                    place = found.content;
                    continue;
                }
                id::INFO => self.info(found)?,
                id::TRACKS if self.tracks.is_empty() => self.read_tracks(found)?,
                id::TIMESTAMP => {
                    self.cluster =
                        unsigned(self.content(found, 8)?).and_then(|ticks| i64::try_from(ticks).ok());
                }
                id::SIMPLE_BLOCK => self.block(found, place, None)?,
                id::BLOCK_GROUP => self.group(found)?,
                known if id::STEPPED_OVER.contains(&known) || known == id::TRACKS => {}
                _ => return Err(Unwalked::Unusual("an element is where it does not belong")),
            }
            place = found.end.ok_or(Unwalked::Unusual("an element has no end"))?;
            self.is_cut |= place > self.size;
        }
        Ok(())
    }

    fn info(&mut self, info: Element) -> Result<(), Unwalked> {
        let scale =
            elements(self.content(info, MAX_TRACKS_BYTES)?).find(|(id, _)| *id == id::TIMESTAMP_SCALE);
        if let Some((_, bytes)) = scale {
            self.scale = unsigned(bytes)
                .filter(|scale| (1..=SECOND).contains(scale))
                .ok_or(Unwalked::Unusual("the clock is absurd"))?;
        }
        Ok(())
    }

    fn read_tracks(&mut self, found: Element) -> Result<(), Unwalked> {
        let streams = self.streams;
        self.tracks = Track::all(self.content(found, MAX_TRACKS_BYTES)?, streams)?;
        Ok(())
    }

    /// Tells a block whose group may say more; only what lies in the file is told.
    fn group(&mut self, found: Element) -> Result<(), Unwalked> {
        let end = found.end.ok_or(Unwalked::Unusual("a group has no end"))?;
        if end > self.size {
            self.is_cut = true;
            return Ok(());
        }
        let (mut block, mut group) = (None, Group::default());
        let mut place = found.content;
        while place < end {
            let Some(child) = self.element(place)? else { break };
            let child_end = child
                .end
                .filter(|child_end| *child_end <= end)
                .ok_or(Unwalked::Unusual("a group contradicts itself"))?;
            match child.id {
                id::BLOCK => {
                    let head =
                        usize::try_from((child_end - child.content).min(BLOCK_HEAD_BYTES)).unwrap_or(0);
                    let bytes = self.window.at(child.content, head)?;
                    block = Some((child, place, bytes[..bytes.len().min(head)].to_vec()));
                }
                id::BLOCK_DURATION => group.duration = unsigned(self.content(child, 8)?),
                id::REFERENCE_BLOCK => group.has_references = true,
                _ => {}
            }
            place = child_end;
        }
        match block {
            Some((block, place, head)) => self.tell(block, place, &head, Some(group)),
            None => Ok(()),
        }
    }

    fn block(&mut self, block: Element, place: u64, group: Option<Group>) -> Result<(), Unwalked> {
        let end = block.end.ok_or(Unwalked::Unusual("a block has no end"))?;
        let length = usize::try_from((end - block.content).min(BLOCK_HEAD_BYTES)).unwrap_or(0);
        // Without laces four bytes suffice, and they lie in the window.
        let short = self.window.at(block.content, length.min(8))?;
        if short.get(3).is_some_and(|flags| flags & 0x06 == 0) || length <= 8 {
            let mut head = [0; 8];
            let held = short.len().min(length).min(8);
            head[..held].copy_from_slice(&short[..held]);
            return self.tell(block, place, &head[..held], group);
        }
        let head = self.window.at(block.content, length)?;
        let head = head[..head.len().min(length)].to_vec();
        self.tell(block, place, &head, group)
    }

    /// Tells the frames of a block by its first bytes.
    fn tell(
        &mut self,
        block: Element,
        place: u64,
        head: &[u8],
        group: Option<Group>,
    ) -> Result<(), Unwalked> {
        let broken = Unwalked::Unusual("a block's head is broken");
        let end = block.end.ok_or(broken)?;
        if end > self.size {
            self.is_cut = true;
            return Ok(());
        }
        let (number, number_length) = vint(head, 8, false).ok_or(broken)?;
        let &[high, low, flags] = head.get(number_length..number_length + 3).ok_or(broken)? else {
            return Err(broken);
        };
        let Some(track) = self.tracks.iter().find(|track| track.number == number) else { return Ok(()) };
        let Some(stream) = track.stream else { return Ok(()) };
        let payload = block.content + number_length as u64 + 3;
        self.laces.read(flags >> 1 & 0x03, &head[number_length + 3..], end - payload).ok_or(broken)?;
        let is_key = group.map_or(flags & 0x80 != 0, |group| !group.has_references);
        let laces = i128::from(self.laces.sizes.len() as u64);
        let duration = group
            .and_then(|group| group.duration)
            .map_or_else(|| i128::from(track.default_duration) * laces / i128::from(self.scale), i128::from);
        // As libav has it: times and delays are whole ticks.
        let delay =
            i64::try_from((track.delay.saturating_add(self.scale / 2)) / self.scale).unwrap_or(i64::MAX);
        let relative = i64::from(i16::from_be_bytes([high, low]));
        let shown =
            self.cluster.and_then(|cluster| cluster.checked_add(relative)).filter(|shown| *shown >= 0);
        let mut shown = shown.map(|shown| shown.saturating_sub(delay));
        let clock = |ticks: i64| {
            i64::try_from((i128::from(ticks) * i128::from(self.scale) + 500).div_euclid(1_000))
                .unwrap_or(i64::MAX)
        };
        for (at, &bytes) in (0_i128..).zip(&self.laces.sizes) {
            let ticks = i64::try_from(duration * (at + 1) / laces - duration * at / laces).unwrap_or(0);
            let lasts = if ticks > 0 {
                clock(ticks)
            } else {
                micros(i64::try_from(track.default_duration).unwrap_or(0), SECOND)
            };
            (self.take)(Head {
                stream,
                time: shown.map(clock),
                duration: lasts,
                bytes,
                is_key,
                place: Some(place),
            });
            shown = shown.filter(|_| ticks > 0).map(|shown| shown.saturating_add(ticks));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{damaged, heads};
    use super::*;

    const VIDEO_AND_SOUND: [StreamKind; 2] = [StreamKind::Video, StreamKind::Audio];

    /// An element; a size of its own choice where it lies.
    fn el(id: u32, content: &[u8]) -> Vec<u8> {
        let mut bytes: Vec<u8> = id.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
        bytes.extend((content.len() as u64 | 1 << 56).to_be_bytes());
        bytes.extend(content);
        bytes
    }

    fn endless(id: u32, content: &[u8]) -> Vec<u8> {
        let mut bytes = id.to_be_bytes().to_vec();
        bytes.push(0xFF);
        bytes.extend(content);
        bytes
    }

    fn track(number: u8, kind: u8, more: &[u8]) -> Vec<u8> {
        el(0xAE, &[el(0xD7, &[number]), el(0x83, &[kind]), el(0x86, b"V_X"), more.to_vec()].concat())
    }

    fn block(track: u8, relative: i16, flags: u8, payload: &[u8]) -> Vec<u8> {
        let [high, low] = relative.to_be_bytes();
        [&[0x80 | track, high, low, flags], payload].concat()
    }

    /// A file with both kinds of block, every kind of lacing, a cluster of known and one of unknown size, and
    /// things to step over.
    fn film() -> Vec<u8> {
        let tracks =
            [track(1, 1, &[]), track(7, 32, &[]), track(2, 2, &el(0x23_E383, &20_000_000_u32.to_be_bytes()))]
                .concat();
        let group = [
            el(id::BLOCK, &block(1, 40, 0, &[9; 300])),
            el(id::BLOCK_DURATION, &[33]),
            el(id::REFERENCE_BLOCK, &[0xD8]),
        ]
        .concat();
        let first = [
            el(id::TIMESTAMP, &[100]),
            el(id::SIMPLE_BLOCK, &block(1, 0, 0x80, &[9; 5_000])),
            el(0xEC, &[0; 50]),
            el(id::BLOCK_GROUP, &group),
            el(id::SIMPLE_BLOCK, &block(2, 10, 0x80 | 0x04, &[[2].as_slice(), &[7; 30]].concat())),
        ]
        .concat();
        let second = [
            el(id::TIMESTAMP, &[1, 0]),
            el(id::SIMPLE_BLOCK, &block(2, -6, 0x02, &[[1, 4].as_slice(), &[7; 9]].concat())),
            el(id::SIMPLE_BLOCK, &block(7, 0, 0x80, &[7; 9])),
            el(id::BLOCK_GROUP, &el(id::BLOCK, &block(1, 0, 0, &[9; 70]))),
        ]
        .concat();
        let segment = [
            el(id::INFO, &el(id::TIMESTAMP_SCALE, &[0x0F, 0x42, 0x40])),
            el(id::TRACKS, &tracks),
            el(id::CLUSTER, &first),
            endless(id::CLUSTER, &second),
            el(0x1C53_BB6B, &[0; 9]),
        ]
        .concat();
        [el(id::EBML, &[]), endless(id::SEGMENT, &segment)].concat()
    }

    #[test]
    fn every_kind_of_block_is_told() {
        let (walked, heads) = heads("matroska", &film(), &VIDEO_AND_SOUND).unwrap();
        assert_eq!(walked.cut, None);
        let told: Vec<_> = heads
            .iter()
            .map(|head| (head.stream, head.time.unwrap(), head.duration, head.bytes, head.is_key))
            .collect();
        assert_eq!(
            told,
            [
                (0, 100_000, 0, 5_000, true),
                (0, 140_000, 33_000, 300, false),
                (1, 110_000, 20_000, 10, true),
                (1, 130_000, 20_000, 10, true),
                (1, 150_000, 20_000, 10, true),
                (1, 250_000, 20_000, 4, false),
                (1, 270_000, 20_000, 5, false),
                (0, 256_000, 0, 70, true),
            ]
        );
    }

    #[test]
    fn every_cut_ends_before_the_cut_and_says_so() {
        let whole = film();
        let (_, all) = heads("matroska", &whole, &VIDEO_AND_SOUND).unwrap();
        for length in 0..whole.len() {
            if let Ok((_, told)) = heads("matroska", &whole[..length], &VIDEO_AND_SOUND) {
                assert!(all.starts_with(&told), "cut to {length} bytes");
            }
        }
    }

    #[test]
    fn any_damage_ends_the_walk_without_a_panic() {
        damaged("matroska", &film(), &VIDEO_AND_SOUND);
    }

    #[test]
    fn streams_that_are_not_the_tracks_are_unusual() {
        let kinds = [StreamKind::Audio, StreamKind::Audio];
        assert!(matches!(heads("matroska", &film(), &kinds), Err(Unwalked::Unusual(_))));
        assert!(matches!(heads("matroska", &film(), &kinds[..1]), Err(Unwalked::Unusual(_))));
    }

    #[test]
    fn numbers_of_every_length_are_read() {
        assert_eq!(vint(&[0x81], 8, false), Some((1, 1)));
        assert_eq!(vint(&[0x40, 0x02], 8, false), Some((2, 2)));
        assert_eq!(vint(&[0x01, 0, 0, 0, 0, 0, 1, 0], 8, false), Some((256, 8)));
        assert_eq!(vint(&[0x1A, 0x45, 0xDF, 0xA3], 4, true), Some((0x1A45_DFA3, 4)));
        assert_eq!(vint(&[0x08, 0, 0, 0, 0], 4, true), None);
        assert_eq!(vint(&[0; 9], 8, false), None);
        assert_eq!(vint(&[0x40], 8, false), None);
    }
}
