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
/// What has to be walked from a track to the places of its sound.
const TO_TABLE: [&[u8; 4]; 3] = [b"mdia", b"minf", b"stbl"];
/// Boxes of files in pieces or packed, and what else may tell places in the file that would have to move.
const PLACED: [&[u8; 4]; 7] = [b"moof", b"sidx", b"mfra", b"mvex", b"saio", b"iloc", b"cmov"];
/// Boxes that tell none: no others may stand at the top of a file whose sound moves.
const AT_TOP: [&[u8; 4]; 6] = [b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide"];
/// What is said of a file whose places can't be moved for sure.
const PLACES: &str = "It is an MP4 file in pieces, or one that tells places in itself in a way that Butler does \
                      not move; have a tool write it in one piece first.";

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
            return Err(Refusal::Layout(PLACES));
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
    move_sound(file, &top, moov, place, grown, &mut splice)?;
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
    let content = |kind: &[u8; 4]| {
        let found = only(&inner, kind)?;
        found.map(|each| file.bytes(each.body.start, each.body.end - each.body.start)).transpose()
    };
    let mean = content(b"mean")?.unwrap_or_default();
    let name = content(b"name")?.unwrap_or_default();
    if mean.get(4..) != Some(MEAN) || gain_tag(name.get(4..).unwrap_or_default(), Some(b""))?.is_none() {
        return Ok(None);
    }
    // Of another name it may be anything, and several.
    let data = content(b"data")?.unwrap_or_default();
    let value = match data.split_at_checked(8) {
        Some((kind, value)) if kind[..4] == UTF_8.to_be_bytes() => Some(value),
        _ => None,
    };
    gain_tag(&name[4..], value)
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

/// Moves the places of all sound that lies behind a place. Each of them must be known: a track without a table
/// of places, or a place outside the sound, is not understood.
fn move_sound(
    file: &File<'_>,
    top: &[Box4],
    moov: &Box4,
    place: u64,
    by: i64,
    splice: &mut Splice,
) -> Result<(), Refusal> {
    let sound: Vec<_> =
        top.iter().filter(|each| each.kind == *b"mdat").map(|each| each.body.clone()).collect();
    let inside = boxes(file, moov.body.clone())?;
    // Items may lie there too, with places or without.
    if inside.iter().chain(top).any(|each| each.kind == *b"meta") {
        return Err(Refusal::Layout(PLACES));
    }
    let tables = inside.iter().filter(|each| each.kind == *b"trak").map(|track| table(file, track));
    let tables = tables.collect::<Result<Vec<_>, _>>()?;
    if by == 0 || sound.iter().all(|sound| sound.end <= place) {
        return Ok(());
    }
    if tables.is_empty() || !top.iter().all(|each| AT_TOP.contains(&&each.kind)) {
        return Err(Refusal::Layout(PLACES));
    }
    let move_to = Move { place, by, sound };
    for table in tables {
        match &table.kind {
            b"stco" => move_to.table::<4>(file, &table, splice)?,
            _ => move_to.table::<8>(file, &table, splice)?,
        }
    }
    Ok(())
}

/// A track's only table of the places of its sound.
fn table(file: &File<'_>, track: &Box4) -> Result<Box4, Refusal> {
    let mut inside = boxes(file, track.body.clone())?;
    if only(&inside, b"meta")?.is_some() {
        return Err(Refusal::Layout(PLACES));
    }
    for kind in TO_TABLE {
        let found = only(&inside, kind)?.ok_or(Refusal::Layout(PLACES))?;
        inside = boxes(file, found.body.clone())?;
    }
    match (only(&inside, b"stco")?, only(&inside, b"co64")?) {
        (Some(table), None) | (None, Some(table)) => Ok(table.clone()),
        _ => Err(Refusal::Layout(PLACES)),
    }
}

/// By how much what lies behind a place moves, and where sound lies.
struct Move {
    place: u64,
    by: i64,
    sound: Vec<Range<u64>>,
}

impl Move {
    /// Moves the entries of a table of `N` bytes each; nothing is said of one in which none moves.
    fn table<const N: usize>(
        &self,
        file: &File<'_>,
        table: &Box4,
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
            if !self.sound.iter().any(|sound| sound.contains(&old)) {
                return Err(Refusal::Layout(PLACES));
            }
            let new = if old < self.place { Some(old) } else { old.checked_add_signed(self.by) };
            let new = new.filter(|new| N == 8 || u32::try_from(*new).is_ok()).ok_or_else(odd)?;
            moved.extend_from_slice(&new.to_be_bytes()[8 - N..]);
        }
        if moved != entries {
            let start = table.body.start + 8;
            splice.replace(start..start + moved.len() as u64, moved);
        }
        Ok(())
    }
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
