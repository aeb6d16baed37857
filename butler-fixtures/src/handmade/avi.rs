//! AVI with one track of pictures, chunk by chunk.

/// A film of so many pictures a second, each a chunk that says whether it is a key frame. `codec` is the four
/// letters that name it.
pub(super) fn avi(
    codec: &[u8; 4],
    chunks: &[(Vec<u8>, bool)],
    (width, height): (u32, u32),
    rate: u32,
) -> Vec<u8> {
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    let count = chunks.len() as u32;
    let main = words(&[1_000_000 / rate, 0, 0, 0x10, count, 0, 1, 0, width, height, 0, 0, 0, 0]);
    let mut header = [b"vids", &codec[..]].concat();
    header.extend(words(&[0, 0, 0, 1, rate, 0, count, 0, u32::MAX, 0, 0, 0]));
    let mut format = words(&[40, width, height, 0x18_0001]);
    format.extend(codec);
    format.extend(words(&[width * height * 3, 0, 0, 0, 0]));
    let stream = list(b"strl", &[boxed(b"strh", &header), boxed(b"strf", &format)].concat());
    let headers = list(b"hdrl", &[boxed(b"avih", &main), stream].concat());
    let (mut data, mut index) = (Vec::new(), Vec::new());
    for (chunk, is_key) in chunks {
        index.extend(b"00dc");
        index.extend(words(&[if *is_key { 0x10 } else { 0 }, data.len() as u32 + 4, chunk.len() as u32]));
        data.extend(boxed(b"00dc", chunk));
    }
    let body = [headers, list(b"movi", &data), boxed(b"idx1", &index)].concat();
    boxed(b"RIFF", &[b"AVI ".to_vec(), body].concat())
}

fn list(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    boxed(b"LIST", &[&name[..], content].concat())
}

fn boxed(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut boxed = name.to_vec();
    boxed.extend((content.len() as u32).to_le_bytes());
    boxed.extend(content);
    // Chunks begin at even places.
    boxed.resize(boxed.len() + content.len() % 2, 0);
    boxed
}
