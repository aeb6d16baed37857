//! MP4: a freeform item for each gain in `moov.udta.meta.ilst`, as iTunes has them, and the places of the
//! sound behind it, which move (ISO/IEC 14496-12, sections 4.2, 8.7.5 and 8.10; the `QuickTime` metadata
//! atoms).

use std::ops::Range;

use butler_product::gain_tags::{GainTag, Retag, Retagged};

use super::splice::Splice;
use super::{Change, Field, File, ODD, Refusal, gain_tag, replay_gain, unchanged};

/// Whose names the items have.
const MEAN: &[u8] = b"com.apple.iTunes";
/// The kind of a value that is text in UTF-8.
const UTF_8: u32 = 1;
/// Boxes that are walked at one level.
const MAX_BOXES: usize = 4_096;
/// What has to be walked to the sound's places.
const TO_TABLES: [&[u8; 4]; 4] = [b"trak", b"mdia", b"minf", b"stbl"];
/// Boxes of files in pieces, and what else tells places in the file that would have to move.
const PLACED: [&[u8; 4]; 6] = [b"moof", b"sidx", b"mfra", b"mvex", b"saio", b"iloc"];

/// A box: where it begins, its body and its kind.
#[derive(Debug, Clone)]
struct Box4 {
    at: u64,
    body: Range<u64>,
    kind: [u8; 4],
    /// How its length is written.
    length: Length,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Length {
    Short,
    Long,
    ToTheEnd,
}

impl Box4 {
    const fn len(&self) -> u64 {
        self.body.end - self.at
    }
}

/// The boxes that lie in a range, which they must fill.
fn boxes(file: &File<'_>, range: Range<u64>) -> Result<Vec<Box4>, Refusal> {
    let (mut boxes, mut at) = (Vec::new(), range.start);
    while at < range.end {
        // `udta` may end with four zeros.
        if range.end - at == 4 && file.array::<4>(at)? == [0; 4] {
            break;
        }
        let [a, b, c, d, kind @ ..] = file.array::<8>(at)?;
        let (length, header, end) = match u32::from_be_bytes([a, b, c, d]) {
            0 => (Length::ToTheEnd, 8, Some(range.end)),
            1 => (Length::Long, 16, at.checked_add(u64::from_be_bytes(file.array(at + 8)?))),
            short => (Length::Short, 8, Some(at + u64::from(short))),
        };
        let end = end.filter(|end| (at + header..=range.end).contains(end)).ok_or(Refusal::Layout(ODD))?;
        if boxes.len() == MAX_BOXES {
            return Err(Refusal::Layout(ODD));
        }
        if PLACED.contains(&&kind) {
            return Err(Refusal::Layout(
                "It is an MP4 file in pieces, or one that tells places in itself in a way that Butler does not \
                 move; have a tool write it in one piece first.",
            ));
        }
        boxes.push(Box4 { at, body: at + header..end, kind, length });
        at = end;
    }
    Ok(boxes)
}

/// The only box of a kind, if there is one.
fn only<'a>(boxes: &'a [Box4], kind: &[u8; 4]) -> Result<Option<&'a Box4>, Refusal> {
    let mut of_kind = boxes.iter().filter(|each| each.kind == *kind);
    let found = of_kind.next();
    if of_kind.next().is_some() { Err(Refusal::Layout(ODD)) } else { Ok(found) }
}

/// Where the items lie, or what has to be made around them.
struct Items {
    /// The boxes around them, outermost first.
    around: Vec<Box4>,
    fields: Range<u64>,
}

/// Changes the items.
pub(super) fn retag(file: &File<'_>, retag: &Retag) -> Result<Retagged, Refusal> {
    let top = boxes(file, 0..file.size())?;
    let moov = only(&top, b"moov")?.ok_or(Refusal::Layout(ODD))?;
    let items = items(file, moov)?;
    let fields = match items.around.last() {
        Some(last) if last.kind == *b"ilst" => fields(file, items.fields.clone())?,
        _ => Vec::new(),
    };
    let end = (items.fields.end - items.fields.start) as usize;
    let (old, change) = Change::of(&fields, end, replay_gain(retag))?;
    let Some(change) = change else { return Ok(unchanged(old)) };
    let mut splice = Splice::default();
    match items.around.last().map(|last| &last.kind) {
        Some(b"ilst") => change.carry_out(&mut splice, items.fields.start, item),
        last => {
            let list = change.new.iter().flat_map(item).collect::<Vec<u8>>();
            let list = match last {
                Some(b"meta") => bx(b"ilst", &list),
                Some(b"udta") => meta(&list),
                _ => bx(b"udta", &meta(&list)),
            };
            splice.put(items.fields.end, list);
        }
    }
    let grown = splice.grown();
    for around in &items.around {
        lengthen(around, grown, &mut splice)?;
    }
    let place = change.gone.first().map_or(items.fields.end, |gone| items.fields.start + gone.start as u64);
    move_sound(file, moov, place, grown, &mut splice)?;
    Ok(change.retagged(splice))
}

/// Finds the items from `moov` down.
fn items(file: &File<'_>, moov: &Box4) -> Result<Items, Refusal> {
    let mut around = vec![moov.clone()];
    let mut inside = moov.body.clone();
    for kind in [b"udta", b"meta", b"ilst"] {
        let inner = boxes(file, inside.clone())?;
        let Some(found) = only(&inner, kind)? else {
            // Behind the last box, before zeros that may end `udta`.
            let end = inner.last().map_or(inside.start, |last| last.body.end);
            return Ok(Items { around, fields: end..end });
        };
        around.push(found.clone());
        inside = found.body.clone();
        // In `QuickTime` files it has no version before its boxes.
        if kind == b"meta"
            && file.bytes(inside.start, 8.min(inside.end - inside.start))?.get(4..8) != Some(b"hdlr")
        {
            inside.start += 4;
        }
    }
    Ok(Items { around, fields: inside })
}

/// The items of a list.
fn fields(file: &File<'_>, range: Range<u64>) -> Result<Vec<Field>, Refusal> {
    let of = |each: Box4| {
        let at = (each.at - range.start) as usize..(each.body.end - range.start) as usize;
        let gain = if each.kind == *b"----" { gain_of(file, &each)? } else { None };
        Ok(Field { at, gain })
    };
    boxes(file, range.clone())?.into_iter().map(of).collect()
}

fn gain_of(file: &File<'_>, item: &Box4) -> Result<Option<GainTag>, Refusal> {
    let inner = boxes(file, item.body.clone())?;
    let of_kind = |kind: &[u8; 4]| {
        let mut found = inner.iter().filter(|each| each.kind == *kind);
        found.next().filter(|_| found.next().is_none())
    };
    // Several values of one name are none of a gain.
    let (Some(mean), Some(name), Some(data)) = (of_kind(b"mean"), of_kind(b"name"), of_kind(b"data")) else {
        return Ok(None);
    };
    let content = |each: &Box4| file.bytes(each.body.start, each.body.end - each.body.start);
    let (mean, name) = (content(mean)?, content(name)?);
    if mean.get(4..) != Some(MEAN) {
        return Ok(None);
    }
    let Some(name) = name.get(4..).and_then(|name| std::str::from_utf8(name).ok()) else { return Ok(None) };
    if gain_tag(name, "").is_none() {
        return Ok(None);
    }
    let data = content(data)?;
    let kind = data.first_chunk::<4>().map(|kind| u32::from_be_bytes(*kind));
    let value = data.get(8..).and_then(|value| std::str::from_utf8(value).ok());
    Ok(value.filter(|_| kind == Some(UTF_8)).and_then(|value| gain_tag(name, value)))
}

/// A box that has become longer says so.
fn lengthen(around: &Box4, by: i64, splice: &mut Splice) -> Result<(), Refusal> {
    let length = (around.len() as i64).saturating_add(by);
    let odd = || Refusal::Layout(ODD);
    match around.length {
        Length::ToTheEnd => {}
        Length::Short => {
            let length = u32::try_from(length).ok().filter(|length| *length >= 8).ok_or_else(odd)?;
            splice.replace(around.at..around.at + 4, length.to_be_bytes().to_vec());
        }
        Length::Long => {
            let length = u64::try_from(length).map_err(|_| odd())?;
            splice.replace(around.at + 8..around.at + 16, length.to_be_bytes().to_vec());
        }
    }
    Ok(())
}

/// Moves the places of all sound that lies behind a place.
fn move_sound(file: &File<'_>, moov: &Box4, place: u64, by: i64, splice: &mut Splice) -> Result<(), Refusal> {
    let mut inside = vec![moov.body.clone()];
    for kind in TO_TABLES {
        let mut deeper = Vec::new();
        for range in inside {
            deeper.extend(
                boxes(file, range)?.into_iter().filter(|each| each.kind == *kind).map(|each| each.body),
            );
        }
        inside = deeper;
    }
    for table in inside {
        for each in boxes(file, table)? {
            match &each.kind {
                b"stco" => move_table::<4>(file, &each, place, by, splice)?,
                b"co64" => move_table::<8>(file, &each, place, by, splice)?,
                _ => {}
            }
        }
    }
    Ok(())
}

/// Moves the entries of a table of `N` bytes each; nothing is said of one in which none moves.
fn move_table<const N: usize>(
    file: &File<'_>,
    table: &Box4,
    place: u64,
    by: i64,
    splice: &mut Splice,
) -> Result<(), Refusal> {
    let odd = || Refusal::Layout(ODD);
    let bytes = file.bytes(table.body.start, table.body.end - table.body.start)?;
    let (head, entries) = bytes.split_at_checked(8).ok_or_else(odd)?;
    let count = head.last_chunk::<4>().map_or(0, |count| u32::from_be_bytes(*count)) as usize;
    let entries = count.checked_mul(N).and_then(|length| entries.get(..length)).ok_or_else(odd)?;
    let mut moved = Vec::with_capacity(entries.len());
    for entry in entries.chunks_exact(N) {
        let old = entry.iter().fold(0, |place, byte| place << 8 | u64::from(*byte));
        let new = if old < place { Some(old) } else { old.checked_add_signed(by) };
        let new = new.filter(|new| N == 8 || u32::try_from(*new).is_ok()).ok_or_else(odd)?;
        moved.extend_from_slice(&new.to_be_bytes()[8 - N..]);
    }
    if moved != entries {
        let start = table.body.start + 8;
        splice.replace(start..start + moved.len() as u64, moved);
    }
    Ok(())
}

fn bx(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32 + 8).to_be_bytes(), &kind[..], body].concat()
}

/// The box around a list of items, with the handler that says what they are.
fn meta(list: &[u8]) -> Vec<u8> {
    let handler = bx(b"hdlr", &[&[0; 8][..], b"mdirappl", &[0; 9]].concat());
    bx(b"meta", &[&[0; 4][..], &handler, &bx(b"ilst", list)].concat())
}

fn item(tag: &GainTag) -> Vec<u8> {
    let full = |kind: &[u8; 4], content: &[u8]| bx(kind, &[&[0; 4], content].concat());
    let data = bx(b"data", &[&UTF_8.to_be_bytes()[..], &[0; 4], tag.value.as_bytes()].concat());
    bx(b"----", &[full(b"mean", MEAN), full(b"name", tag.name.as_bytes()), data].concat())
}
