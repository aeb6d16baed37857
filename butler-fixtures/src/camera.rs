//! What a camera writes into a picture file, byte by byte: EXIF in JPEG, PNG, WebP and HEIC.
//!
//! Formats: Exif 2.32 (CIPA DC-008) in a TIFF structure; JPEG's APP1; PNG's eXIf; WebP's extended file
//! format; ISO/IEC 23008-12. The HEIC has a header and no picture. Start with [`Camera`].

/// What a camera says of a picture.
#[derive(Debug, Clone, Copy, Default)]
pub struct Camera<'a> {
    /// EXIF's number, 1 to 8.
    pub orientation: Option<u16>,
    /// `2024:01:31 12:34:56`.
    pub taken: Option<&'a str>,
    /// `+01:00`.
    pub offset: Option<&'a str>,
    /// Whether it tells its make, lens, numbers and place too: a Leica in Wernigerode.
    pub talks: bool,
}

/// A field of an EXIF block: number, type, count, content.
type Field = (u16, u16, u32, Vec<u8>);

const ASCII: u16 = 2;
const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;

impl Camera<'_> {
    /// The EXIF block: a TIFF without a picture.
    pub fn exif(&self) -> Vec<u8> {
        let mut own = Vec::new();
        own.extend(self.talks.then(|| ascii(0x010f, "Leica")));
        own.extend(self.talks.then(|| ascii(0x0110, "M10-R")));
        own.extend(self.orientation.map(|number| (0x0112, SHORT, 1, number.to_be_bytes().to_vec())));
        let mut details = Vec::new();
        if self.talks {
            details.extend([
                rational(0x829a, &[(1, 125)]),
                rational(0x829d, &[(28, 10)]),
                (0x8827, SHORT, 1, 400_u16.to_be_bytes().to_vec()),
            ]);
        }
        details.extend(self.taken.map(|taken| ascii(0x9003, taken)));
        details.extend(self.offset.map(|offset| ascii(0x9011, offset)));
        if self.talks {
            details.extend([rational(0x920a, &[(35, 1)]), ascii(0xa434, "Summicron-M 35")]);
        }
        let place = vec![
            ascii(1, "N"),
            rational(2, &[(51, 1), (50, 1), (24, 1)]),
            ascii(3, "E"),
            rational(4, &[(10, 1), (47, 1), (6, 1)]),
            (5, 1, 1, vec![0]),
            rational(6, &[(2_345, 10)]),
        ];
        // Pointers lie inside their fields: the length of the first directory is known before they are.
        let pointers = |details: u32, place: u32| {
            let mut all = own.clone();
            all.push((0x8769, LONG, 1, details.to_be_bytes().to_vec()));
            all.extend(self.talks.then(|| (0x8825, LONG, 1, place.to_be_bytes().to_vec())));
            all
        };
        let details_at = 8 + directory(8, &pointers(0, 0)).len() as u32;
        let details = directory(details_at, &details);
        let place_at = details_at + details.len() as u32;
        let first = directory(8, &pointers(details_at, place_at));
        let place = if self.talks { directory(place_at, &place) } else { Vec::new() };
        [b"MM\0\x2a\0\0\0\x08".to_vec(), first, details, place].concat()
    }

    /// A JPEG with this block behind its first two bytes.
    pub fn jpeg(&self, jpeg: &[u8]) -> Vec<u8> {
        let block = [b"Exif\0\0".to_vec(), self.exif()].concat();
        let length = (block.len() as u16 + 2).to_be_bytes();
        [&jpeg[..2], &[0xff, 0xe1], &length, &block, &jpeg[2..]].concat()
    }

    /// A PNG with this block behind its header.
    pub fn png(&self, png: &[u8]) -> Vec<u8> {
        let exif = self.exif();
        let chunk = [&b"eXIf"[..], &exif].concat();
        let (length, check) = ((exif.len() as u32).to_be_bytes(), crc32(&chunk).to_be_bytes());
        [&png[..33], &length, &chunk, &check, &png[33..]].concat()
    }

    /// A WebP of so many pixels, whose picture is that of a simple WebP, with this block at its end.
    pub fn webp(&self, simple: &[u8], width: u32, height: u32) -> Vec<u8> {
        let mut exif = self.exif();
        let length = (exif.len() as u32).to_le_bytes();
        exif.resize(exif.len().next_multiple_of(2), 0);
        let side = |pixels: u32| (pixels - 1).to_le_bytes()[..3].to_vec();
        let extended =
            [&b"VP8X"[..], &10_u32.to_le_bytes(), &[0x08, 0, 0, 0], &side(width), &side(height)].concat();
        let body = [&b"WEBP"[..], &extended, &simple[12..], b"EXIF", &length, &exif].concat();
        [&b"RIFF"[..], &(body.len() as u32).to_le_bytes(), &body].concat()
    }

    /// The header of a HEIC of so many pixels, turned by the container counter-clockwise by so many quarters.
    pub fn heic(&self, width: u32, height: u32, quarters: u8) -> Vec<u8> {
        let exif = [&0_u32.to_be_bytes()[..], &self.exif()].concat();
        let entry = full(b"infe", 2, &[&1_u16.to_be_bytes()[..], &[0, 0], b"Exif\0"].concat());
        let mut properties = full(b"ispe", 0, &[width.to_be_bytes(), height.to_be_bytes()].concat());
        if quarters > 0 {
            properties.extend(part(b"irot", &[quarters]));
        }
        let head = part(b"ftyp", b"heic\0\0\0\0mif1heic");
        let about = |place: u32| {
            let extent = [place.to_be_bytes(), (exif.len() as u32).to_be_bytes()].concat();
            let location = [&[0x44, 0, 0, 1, 0, 1, 0, 0, 0, 1][..], &extent].concat();
            let inner = [
                full(b"hdlr", 0, &[&[0; 4][..], b"pict", &[0; 13]].concat()),
                full(b"iinf", 0, &[&1_u16.to_be_bytes()[..], &entry].concat()),
                full(b"iloc", 0, &location),
                part(b"iprp", &part(b"ipco", &properties)),
            ];
            full(b"meta", 0, &inner.concat())
        };
        let place = head.len() + about(0).len() + 8;
        [head, about(place as u32), part(b"mdat", &exif)].concat()
    }
}

fn ascii(number: u16, text: &str) -> Field {
    (number, ASCII, text.len() as u32 + 1, [text.as_bytes(), &[0]].concat())
}

fn rational(number: u16, ratios: &[(u32, u32)]) -> Field {
    let content = ratios
        .iter()
        .flat_map(|(above, below)| [above.to_be_bytes(), below.to_be_bytes()].concat())
        .collect();
    (number, RATIONAL, ratios.len() as u32, content)
}

/// A directory that begins at an offset, with what does not fit into its fields behind it.
fn directory(at: u32, fields: &[Field]) -> Vec<u8> {
    let mut list = (fields.len() as u16).to_be_bytes().to_vec();
    let mut behind: Vec<u8> = Vec::new();
    let behind_at = at + 2 + 12 * fields.len() as u32 + 4;
    for (number, kind, count, content) in fields {
        list.extend([number.to_be_bytes(), kind.to_be_bytes()].concat());
        list.extend(count.to_be_bytes());
        let mut inside = content.clone();
        if content.len() > 4 {
            inside = (behind_at + behind.len() as u32).to_be_bytes().to_vec();
            behind.extend(content);
        }
        inside.resize(4, 0);
        list.extend(inside);
    }
    list.extend([0; 4]);
    [list, behind].concat()
}

fn part(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32 + 8).to_be_bytes()[..], name, content].concat()
}

fn full(name: &[u8; 4], version: u8, content: &[u8]) -> Vec<u8> {
    part(name, &[&[version, 0, 0, 0][..], content].concat())
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(
            sum ^ u32::from(*byte),
            |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 },
        )
    })
}
