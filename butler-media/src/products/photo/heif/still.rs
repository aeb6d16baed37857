//! What the main picture of a HEIF or AVIF file is made of: one coded picture, or, as telephones take them, a
//! grid of such. Decodes nothing.
//!
//! Sources: ISO/IEC 23008-12 (6.5: properties; 6.6.2.3: grids; annex B: HEVC) and AV1 Image File Format 1.1.
//! Whatever does not fit those gives no picture. Start with [`still`].

use std::io::{Read, Seek};

use butler_product::photo::Orientation;

use super::{Fields, boxes, child, content, entries, entry, main_item, meta, references};

/// Bytes of a coded picture.
const MAX_CODED: u64 = 256 << 20;
/// Bytes of a grid's own description.
const MAX_GRID: u64 = 64;

/// How the pictures are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    Hevc,
    Av1,
    /// Any other.
    Other,
}

/// A main picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Still {
    pub(crate) codec: Codec,
    /// Width and height, pixels, before it is turned.
    pub(crate) sides: (u32, u32),
    /// How many of its tiles lie side by side; those of a picture that is no grid is one.
    pub(crate) columns: u32,
    /// How it is turned and mirrored, one after the other.
    pub(crate) turns: Vec<Orientation>,
    /// Primaries, transfer and matrix by the numbers of ITU-T H.273, and whether the range is full, where the
    /// file says so.
    pub(crate) colours: Option<([u16; 3], bool)>,
    meta: Vec<u8>,
    /// The coded pictures, row by row.
    tiles: Vec<u64>,
}

impl Still {
    /// How many coded pictures there are.
    pub(crate) fn tiles(&self) -> usize {
        self.tiles.len()
    }

    /// What the decoder of a tile is set up with, and the tile's bytes.
    pub(crate) fn tile(&self, reader: &mut (impl Read + Seek), nth: usize) -> Option<(Vec<u8>, Vec<u8>)> {
        let item = *self.tiles.get(nth)?;
        let kind = if self.codec == Codec::Hevc { b"hvcC" } else { b"av1C" };
        let config = properties(&self.meta, item).into_iter().find(|(own, _)| own == kind);
        let config = config.map(|(_, config)| config.to_vec()).unwrap_or_default();
        Some((config, content(reader, &self.meta, item, MAX_CODED)?))
    }
}

/// The main picture of a file.
pub(crate) fn still(reader: &mut (impl Read + Seek)) -> Option<Still> {
    let meta = meta(reader)?;
    let main = main_item(&meta)?;
    let kind = kind_of(&meta, main)?;
    let properties_of_main = properties(&meta, main);
    let property = |kind: &[u8; 4]| properties_of_main.iter().find(|(own, _)| own == kind);
    let (tiles, columns, sides) = match &kind {
        b"grid" => {
            let made_of = references(child(&meta, b"iref")?, b"dimg");
            let tiles: Vec<u64> =
                made_of.into_iter().filter(|(of, _)| *of == main).map(|(_, to)| to).collect();
            let (rows, columns, sides) = grid(&content(reader, &meta, main, MAX_GRID)?)?;
            if tiles.len() as u64 != u64::from(rows) * u64::from(columns) {
                return None;
            }
            (tiles, columns, sides)
        }
        _ => (vec![main], 1, extent(property(b"ispe")?.1)?),
    };
    let codec = match &kind_of(&meta, *tiles.first()?)? {
        b"hvc1" => Codec::Hevc,
        b"av01" => Codec::Av1,
        _ => Codec::Other,
    };
    let turns = properties_of_main.iter().filter_map(|(kind, value)| turn(kind, value)).collect();
    // A grid's tiles may say it instead of the grid.
    let of_tile = properties(&meta, tiles[0]);
    let colours = properties_of_main.iter().chain(&of_tile).find_map(|(kind, value)| colours(kind, value));
    Some(Still { codec, sides, columns, turns, colours, tiles, meta })
}

fn kind_of(meta: &[u8], item: u64) -> Option<[u8; 4]> {
    let found = entries(child(meta, b"iinf")?).filter_map(entry).find(|(own, ..)| *own == item);
    found.map(|(_, kind, _)| kind)
}

/// Rows, columns, and the sides of the whole.
fn grid(content: &[u8]) -> Option<(u32, u32, (u32, u32))> {
    let mut fields = Fields(content);
    let (_version, flags) = (fields.uint(1)?, fields.uint(1)?);
    let (rows, columns) = (fields.uint(1)? as u32 + 1, fields.uint(1)? as u32 + 1);
    let bytes = if flags & 1 == 0 { 2 } else { 4 };
    let sides = (u32::try_from(fields.uint(bytes)?).ok()?, u32::try_from(fields.uint(bytes)?).ok()?);
    Some((rows, columns, sides))
}

/// The sides that an `ispe` says.
fn extent(ispe: &[u8]) -> Option<(u32, u32)> {
    let mut fields = Fields(ispe);
    fields.version()?;
    Some((u32::try_from(fields.uint(4)?).ok()?, u32::try_from(fields.uint(4)?).ok()?))
}

/// How a property turns the picture: `irot` counts quarters against the clock, and `imir` exchanges top and
/// bottom (0) or left and right (1).
fn turn(kind: &[u8; 4], value: &[u8]) -> Option<Orientation> {
    match (kind, value.first()? & 3) {
        (b"irot", 1) => Some(Orientation::Turn270),
        (b"irot", 2) => Some(Orientation::Turn180),
        (b"irot", 3) => Some(Orientation::Turn90),
        (b"imir", 0 | 2) => Some(Orientation::Flip),
        (b"imir", _) => Some(Orientation::Mirror),
        _ => None,
    }
}

fn colours(kind: &[u8; 4], value: &[u8]) -> Option<([u16; 3], bool)> {
    let mut fields = Fields(value);
    if kind != b"colr" || fields.bytes(4)? != b"nclx" {
        return None;
    }
    let mut number = || u16::try_from(fields.uint(2)?).ok();
    let numbers = [number()?, number()?, number()?];
    Some((numbers, fields.uint(1)? & 0x80 != 0))
}

/// The properties of an item, in the order in which they apply.
fn properties(meta: &[u8], item: u64) -> Vec<([u8; 4], &[u8])> {
    let found = || {
        let iprp = child(meta, b"iprp")?;
        let all: Vec<_> = boxes(child(iprp, b"ipco")?).collect();
        let places =
            boxes(iprp).filter(|(kind, _)| kind == b"ipma").find_map(|(_, ipma)| places(ipma, item))?;
        // They are counted from 1.
        let property = |place: u64| all.get(usize::try_from(place).ok()?.checked_sub(1)?).copied();
        Some(places.into_iter().filter_map(property).collect())
    };
    found().unwrap_or_default()
}

/// The places of an item's properties in the list of all.
fn places(ipma: &[u8], wanted: u64) -> Option<Vec<u64>> {
    let mut fields = Fields(ipma);
    let head = fields.uint(4)?;
    let (version, flags) = (head >> 24, head & 0xFF_FFFF);
    let (of_id, of_place) = (if version == 0 { 2 } else { 4 }, 1 + (flags & 1));
    // The first bit says that the property must be understood.
    let place = |bits: u64| bits & if of_place == 1 { 0x7F } else { 0x7FFF };
    for _ in 0..fields.uint(4)? {
        let (item, count) = (fields.uint(of_id)?, fields.uint(1)?);
        let places: Option<Vec<u64>> = (0..count).map(|_| fields.uint(of_place).map(place)).collect();
        if item == wanted {
            return places;
        }
        places?;
    }
    None
}
