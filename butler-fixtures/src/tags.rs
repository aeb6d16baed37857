//! Tags that ffmpeg does not write, byte by byte: ID3v2 in each text encoding, ID3v1, APEv2. Put before or
//! behind sound.
//!
//! Formats: <https://id3.org/id3v2.4.0-structure>, <https://id3.org/ID3v1>,
//! <https://wiki.hydrogenaud.io/index.php?title=APEv2_specification>.

/// An ID3v2 tag of a version (3 or 4) with these frames, each a name of four letters and its content.
pub fn id3v2(version: u8, frames: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, content) in frames {
        body.extend(name.as_bytes());
        body.extend(if version == 4 {
            synchsafe(content.len())
        } else {
            (content.len() as u32).to_be_bytes()
        });
        body.extend([0, 0]);
        body.extend(content);
    }
    [&b"ID3"[..], &[version, 0, 0], &synchsafe(body.len()), &body].concat()
}

/// A number of 28 bits, seven to a byte.
pub fn synchsafe(number: usize) -> [u8; 4] {
    [21, 14, 7, 0].map(|shift| (number >> shift & 0x7f) as u8)
}

/// The content of a text frame in ISO 8859-1; other characters become question marks.
pub fn latin1(text: &str) -> Vec<u8> {
    std::iter::once(0).chain(text.chars().map(|each| u8::try_from(each).unwrap_or(b'?'))).collect()
}

/// The content of a text frame in UTF-16 with its mark.
pub fn utf16(text: &str) -> Vec<u8> {
    [1, 0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

/// The content of a text frame in UTF-8, as only version 4 has it.
pub fn utf8(text: &str) -> Vec<u8> {
    [&[3], text.as_bytes()].concat()
}

/// An ID3v1.1 tag: the last 128 bytes of a file.
pub fn id3v1(title: &str, artist: &str, album: &str, year: &str, track: u8, genre: u8) -> Vec<u8> {
    let mut tag = b"TAG".to_vec();
    for (text, length) in [(title, 30), (artist, 30), (album, 30), (year, 4), ("", 29)] {
        let mut field = latin1(text)[1..].to_vec();
        field.resize(length, 0);
        tag.extend(field);
    }
    tag.extend([track, genre]);
    tag
}

/// An APEv2 tag with header and footer.
pub fn ape(items: &[(&str, &str)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (key, value) in items {
        body.extend((value.len() as u32).to_le_bytes());
        body.extend([0; 4]);
        body.extend(key.as_bytes());
        body.push(0);
        body.extend(value.as_bytes());
    }
    let mark = |flags: u32| {
        let numbers =
            [2_000, body.len() as u32 + 32, items.len() as u32, flags].map(u32::to_le_bytes).concat();
        [&b"APETAGEX"[..], &numbers, &[0; 8]].concat()
    };
    [mark(0xa000_0000), body.clone(), mark(0x8000_0000)].concat()
}
