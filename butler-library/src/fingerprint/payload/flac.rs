//! FLAC: the frames after the last metadata block (RFC 9639, sections 6 and 8).

use super::{Bytes, Miss};

/// Most metadata blocks that are walked: files have under ten, each costs a read.
const MAX_BLOCKS: usize = 128;
/// The type of the block that every stream begins with.
const STREAMINFO: u8 = 0;
/// The type that no block may have.
const FORBIDDEN: u8 = 127;

/// Where the frames of a stream begin whose marker `fLaC` lies at `start`.
pub(super) fn first_frame(bytes: &mut Bytes<'_>, start: u64) -> Result<u64, Miss> {
    let mut at = bytes.after(start, 4)?;
    for index in 0..MAX_BLOCKS {
        let [kind, length @ ..] = bytes.array::<4>(at)?;
        let (is_last, kind) = (kind & 0x80 != 0, kind & 0x7f);
        if kind == FORBIDDEN || (kind == STREAMINFO) != (index == 0) {
            return Err(Miss::Odd);
        }
        let [a, b, c] = length;
        at = bytes.after(at, 4 + u64::from(u32::from_be_bytes([0, a, b, c])))?;
        if is_last {
            return Ok(at);
        }
    }
    Err(Miss::Odd)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assert_tags_do_not_count, assert_whole, ranges};

    fn block(kind: u8, length: usize) -> Vec<u8> {
        let mut block = vec![kind];
        block.extend_from_slice(&(length as u32).to_be_bytes()[1..]);
        block.resize(4 + length, kind);
        block
    }

    fn flac(sound: &[u8], tags: usize) -> Vec<u8> {
        let info = block(if tags == 0 { 0x80 } else { 0 }, 34);
        let comments = if tags == 0 { vec![] } else { [block(4, tags), block(0x80 | 1, tags / 2)].concat() };
        [b"fLaC", &info[..], &comments, sound].concat()
    }

    #[test]
    fn tags_do_not_count() {
        assert_tags_do_not_count(flac);
    }

    #[test]
    fn id3_around_it_does_not_count_either() {
        let file = [b"ID3\x03\0\0\0\0\0\x05abcde", &flac(b"sound", 9)[..]].concat();
        assert_eq!(ranges(&file), std::slice::from_ref(&(file.len() as u64 - 5..file.len() as u64)));
    }

    #[test]
    fn an_odd_one_is_taken_whole() {
        for odd in [
            [&b"fLaC"[..], &block(0x80, 34)].concat(),
            [&b"fLaC"[..], &block(0, 34), &[0x84, 0xff, 0xff, 0xff], b"sound"].concat(),
            [&b"fLaC"[..], &block(0x84, 34), b"sound"].concat(),
            [&b"fLaC"[..], &block(0, 34), &block(0xff, 3), b"sound"].concat(),
            [&b"fLaC"[..], &block(0, 34), &block(1, 0).repeat(1_000), &block(0x81, 0), b"sound"].concat(),
        ] {
            assert_whole(&odd);
        }
    }
}
