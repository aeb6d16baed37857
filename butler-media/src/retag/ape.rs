//! APEv2 behind the sound: in `WavPack`, Monkey's Audio and Musepack, and in MPEG audio that has no other
//! (wiki.hydrogenaudio.org, APEv2 specification).

use std::ops::Range;

use butler_product::gain_tags::{GainTag, Retag, Retagged};

use super::splice::Splice;
use super::{Change, Field, File, ODD, Refusal, gain_tag, replay_gain, unchanged};

/// Bytes of a header or footer, and of an ID3v1 tag.
const FOOTER: u64 = 32;
const ID3V1: u64 = 128;
/// Items that are looked at.
const MAX_ITEMS: u32 = 10_000;
/// Flags of a tag: it has a header; this is the header.
const HAS_HEADER: u32 = 1 << 31;
const IS_HEADER: u32 = 1 << 29;
/// The version of the format, in thousandths.
const VERSION: u32 = 2_000;

/// What lies behind the sound.
pub(super) struct Behind {
    pub(super) tag: Option<Tag>,
    pub(super) has_id3v1: bool,
    /// Where a tag is or would be.
    end: u64,
}

/// An APE tag.
pub(super) struct Tag {
    header: Option<u64>,
    items: Range<u64>,
    fields: Vec<Field>,
    footer: Vec<u8>,
}

impl Tag {
    /// Whether it tells any gain.
    pub(super) fn has_gains(&self) -> bool {
        self.fields.iter().any(|field| field.gain.is_some())
    }
}

/// Reads what lies behind sound that begins at `start`.
pub(super) fn behind(file: &File<'_>, start: u64) -> Result<Behind, Refusal> {
    let end_of_file = file.size();
    let has_id3v1 = end_of_file >= start + ID3V1 && file.array::<3>(end_of_file - ID3V1)? == *b"TAG";
    let end = if has_id3v1 { end_of_file - ID3V1 } else { end_of_file };
    let tag = if end >= start + FOOTER { tag(file, start, end)? } else { None };
    Ok(Behind { tag, has_id3v1, end })
}

fn tag(file: &File<'_>, start: u64, end: u64) -> Result<Option<Tag>, Refusal> {
    let footer = file.bytes(end - FOOTER, FOOTER)?;
    if !footer.starts_with(b"APETAGEX") {
        return Ok(None);
    }
    let [version, size, count, flags] = [8, 12, 16, 20].map(|at| number(&footer, at));
    let items_end = end - FOOTER;
    let items_start = end.checked_sub(size.into()).filter(|at| (start..=items_end).contains(at));
    let items_start = items_start.ok_or(Refusal::Layout(ODD))?;
    if version != VERSION || flags & IS_HEADER != 0 || count > MAX_ITEMS {
        return Err(Refusal::Layout(ODD));
    }
    let header = if flags & HAS_HEADER == 0 {
        None
    } else {
        let at = items_start.checked_sub(FOOTER).filter(|at| *at >= start).ok_or(Refusal::Layout(ODD))?;
        let header = file.bytes(at, FOOTER)?;
        if !header.starts_with(b"APETAGEX") || header[8..20] != footer[8..20] {
            return Err(Refusal::Layout(ODD));
        }
        Some(at)
    };
    let bytes = file.bytes(items_start, items_end - items_start)?;
    let (mut fields, mut at) = (Vec::new(), 0);
    for _ in 0..count {
        let field = item(&bytes, at)?;
        at = field.at.end;
        fields.push(field);
    }
    if at != bytes.len() {
        return Err(Refusal::Layout(ODD));
    }
    Ok(Some(Tag { header, items: items_start..items_end, fields, footer }))
}

fn item(bytes: &[u8], at: usize) -> Result<Field, Refusal> {
    let odd = || Refusal::Layout(ODD);
    let rest = bytes.get(at..).filter(|rest| rest.len() > 8).ok_or_else(odd)?;
    let (length, flags) = (number(rest, 0) as usize, number(rest, 4));
    let key_end = rest[8..].iter().take(256).position(|byte| *byte == 0).ok_or_else(odd)? + 8;
    let value = rest.get(key_end + 1..).and_then(|rest| rest.get(..length)).ok_or_else(odd)?;
    // A value may also be bytes, or a place elsewhere.
    let is_text = flags & 0b110 == 0;
    let gain = gain_tag(&rest[8..key_end], Some(value).filter(|_| is_text))?;
    Ok(Field { at: at..at + key_end + 1 + length, gain })
}

fn number(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |four| u32::from_le_bytes(*four))
}

/// Changes the tag behind sound that begins at `start`.
pub(super) fn retag(file: &File<'_>, start: u64, retag: &Retag) -> Result<Retagged, Refusal> {
    let behind = behind(file, start)?;
    let mut splice = Splice::default();
    let Some(tag) = behind.tag else {
        if behind.has_id3v1 {
            return Err(Refusal::Layout(
                "It has an old ID3v1 tag alone, and a newer one beside it would hide that from players; have a \
                 tag editor write an APEv2 tag first.",
            ));
        }
        let (old, change) = Change::of(&[], 0, replay_gain(retag))?;
        let Some(change) = change else { return Ok(unchanged(old)) };
        let items: Vec<u8> = change.new.iter().flat_map(written).collect();
        let size = items.len() as u32 + FOOTER as u32;
        let mark = |flags| mark(size, change.new.len() as u32, flags, &[0; 8]);
        splice.put(behind.end, [mark(HAS_HEADER | IS_HEADER), items, mark(HAS_HEADER)].concat());
        return Ok(change.retagged(splice));
    };
    let end = (tag.items.end - tag.items.start) as usize;
    let (old, change) = Change::of(&tag.fields, end, replay_gain(retag))?;
    let Some(change) = change else { return Ok(unchanged(old)) };
    let (start, footer_end) = (tag.header.unwrap_or(tag.items.start), tag.items.end + FOOTER);
    let count = change.count(tag.fields.len()) as u32;
    if count == 0 {
        // An empty tag was none before.
        splice.replace(start..footer_end, Vec::new());
        return Ok(change.retagged(splice));
    }
    change.carry_out(&mut splice, tag.items.start, written);
    let size =
        u32::try_from(number(&tag.footer, 12) as i64 + splice.grown()).map_err(|_| Refusal::Layout(ODD))?;
    let (flags, reserved) = (number(&tag.footer, 20), &tag.footer[24..]);
    if let Some(at) = tag.header {
        splice.replace(at..at + FOOTER, mark(size, count, flags | IS_HEADER, reserved));
    }
    splice.replace(tag.items.end..footer_end, mark(size, count, flags, reserved));
    Ok(change.retagged(splice))
}

fn mark(size: u32, count: u32, flags: u32, reserved: &[u8]) -> Vec<u8> {
    let numbers = [VERSION, size, count, flags].map(u32::to_le_bytes).concat();
    [b"APETAGEX", &numbers[..], reserved].concat()
}

fn written(tag: &GainTag) -> Vec<u8> {
    let length = (tag.value.len() as u32).to_le_bytes();
    [&length, &[0; 4], tag.name.as_bytes(), &[0], tag.value.as_bytes()].concat()
}
