//! A HEIC as telephones write it: a grid of HEVC pictures, cut off at its right and lower side, and turned by
//! the container. Sources: ISO/IEC 14496-12 (8.11) and 23008-12 (6.5, 6.6.2.3).

/// A grid of pictures.
#[derive(Debug, Clone)]
pub struct HeicGrid {
    /// The kind of each coded picture: `hvc1`.
    pub kind: [u8; 4],
    /// What their decoder is set up with: the content of `hvcC`.
    pub config: Vec<u8>,
    /// The coded pictures, row by row.
    pub tiles: Vec<Vec<u8>>,
    /// How many of them lie side by side.
    pub columns: u8,
    /// Width and height of a tile, pixels.
    pub tile: (u32, u32),
    /// Those of the whole.
    pub sides: (u16, u16),
    /// By how many quarters the container turns it, against the clock.
    pub quarters: u8,
}

impl HeicGrid {
    /// A grid of the pictures of these MP4 files, each of which holds a single one.
    pub fn of_films(films: &[Vec<u8>], columns: u8, tile: (u32, u32), sides: (u16, u16)) -> Option<Self> {
        let config = inside(films.first()?, b"hvcC")?.to_vec();
        let tiles: Option<_> = films.iter().map(|film| Some(inside(film, b"mdat")?.to_vec())).collect();
        Some(Self { kind: *b"hvc1", config, tiles: tiles?, columns, tile, sides, quarters: 0 })
    }

    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        let head = boxed(b"ftyp", b"heic\0\0\0\0mif1heic");
        // The places of what lies in `mdat` depend on the length of what names them, which they don't change.
        let from = head.len() + self.meta(0).len() + 8;
        [head, self.meta(from as u32), boxed(b"mdat", &self.tiles.concat())].concat()
    }

    /// Item 1 is the grid, the tiles are those from 2 on.
    fn meta(&self, from: u32) -> Vec<u8> {
        let count = self.tiles.len() as u16;
        let ids = |ids: std::ops::RangeInclusive<u16>| ids.map(u16::to_be_bytes);
        let entry = |id: u16, kind: &[u8; 4]| {
            full(b"infe", 2, &[&id.to_be_bytes()[..], &[0, 0], kind, b"\0"].concat())
        };
        let mut entries = entry(1, b"grid");
        (2..=count + 1).for_each(|id| entries.extend(entry(id, &self.kind)));
        let [width, height] = [self.sides.0, self.sides.1].map(u16::to_be_bytes);
        let rows = (count / u16::from(self.columns)) as u8;
        let grid = [&[0, 0, rows - 1, self.columns - 1][..], &width, &height].concat();

        let place = |id: u16, method: u8, at: u32, length: usize| {
            let head = [&id.to_be_bytes()[..], &[0, method, 0, 0, 0, 1]].concat();
            [head, at.to_be_bytes().to_vec(), (length as u32).to_be_bytes().to_vec()].concat()
        };
        let mut places = place(1, 1, 0, grid.len());
        let mut at = from;
        for (id, tile) in (2..).zip(&self.tiles) {
            places.extend(place(id, 0, at, tile.len()));
            at += tile.len() as u32;
        }

        let size = |sides: [u32; 2]| full(b"ispe", 0, &sides.map(u32::to_be_bytes).concat());
        let properties = [
            boxed(b"hvcC", &self.config),
            size([self.tile.0, self.tile.1]),
            size([self.sides.0.into(), self.sides.1.into()]),
            boxed(b"irot", &[self.quarters]),
        ];
        let mut of_items = [&u32::from(count + 1).to_be_bytes()[..], &[0, 1, 2, 3, 4]].concat();
        (2..=count + 1).for_each(|id| of_items.extend([&id.to_be_bytes()[..], &[2, 0x81, 2]].concat()));
        let iprp = [boxed(b"ipco", &properties.concat()), full(b"ipma", 0, &of_items)].concat();
        let made_of: Vec<u8> =
            ids(1..=1).chain([count.to_be_bytes()]).chain(ids(2..=count + 1)).flatten().collect();
        let counted = |list: &[u8], of: u16| [&of.to_be_bytes()[..], list].concat();
        let inner = [
            full(b"hdlr", 0, &[&[0; 4][..], b"pict", &[0; 13]].concat()),
            full(b"pitm", 0, &1_u16.to_be_bytes()),
            full(b"iinf", 0, &counted(&entries, count + 1)),
            full(b"iloc", 1, &[&[0x44, 0][..], &counted(&places, count + 1)].concat()),
            boxed(b"iprp", &iprp),
            full(b"iref", 0, &boxed(b"dimg", &made_of)),
            boxed(b"idat", &grid),
        ];
        full(b"meta", 0, &inner.concat())
    }
}

/// What the first box of a kind holds, wherever it stands.
fn inside<'a>(file: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    let at = file.windows(4).position(|four| four == kind)?;
    let length = u32::from_be_bytes(*file.get(at.checked_sub(4)?..)?.first_chunk()?) as usize;
    file.get(at + 4..)?.get(..length.checked_sub(8)?)
}

fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32 + 8).to_be_bytes()[..], kind, content].concat()
}

fn full(kind: &[u8; 4], version: u8, content: &[u8]) -> Vec<u8> {
    boxed(kind, &[&[version, 0, 0, 0][..], content].concat())
}
