//! MP4 that says it is sound: what its `mdat` boxes hold (ISO/IEC 14496-12, section 4.2 boxes, 4.3 `ftyp`,
//! 8.1.1 `mdat`).
//!
//! Titles and covers lie in `moov`; so do the sample tables, which move when the tags before them grow.

use std::ops::Range;

use super::{Bytes, Miss};

/// The major brands of files without pictures. A film may hold sound of these brands too, but does not lead
/// with them.
const AUDIO_BRANDS: [&[u8]; 2] = [b"M4A ", b"M4B "];
/// Most boxes at the top that are walked: a file has about five and each costs a seek. One in more fragments
/// is taken whole.
const MAX_BOXES: usize = 64;

/// The ranges of media data.
pub(super) fn sound(bytes: &mut Bytes<'_>, brand: &[u8]) -> Result<Vec<Range<u64>>, Miss> {
    if !AUDIO_BRANDS.contains(&brand) {
        return Err(Miss::Odd);
    }
    let (mut at, mut sound) = (0, Vec::new());
    for _ in 0..MAX_BOXES {
        if at == bytes.size {
            return Ok(sound);
        }
        let (kind, body) = box_at(bytes, at)?;
        at = body.end;
        if kind == *b"mdat" {
            sound.push(body);
        }
    }
    if at == bytes.size { Ok(sound) } else { Err(Miss::Odd) }
}

fn box_at(bytes: &mut Bytes<'_>, at: u64) -> Result<([u8; 4], Range<u64>), Miss> {
    let [a, b, c, d, kind @ ..] = bytes.array::<8>(at)?;
    let (header, length) = match u32::from_be_bytes([a, b, c, d]) {
        // To the file's end.
        0 => (8, bytes.size - at),
        1 => (16, u64::from_be_bytes(bytes.array(at + 8)?)),
        short => (8, u64::from(short)),
    };
    if length < header {
        return Err(Miss::Odd);
    }
    Ok((kind, at + header..bytes.after(at, length)?))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assert_tags_do_not_count, assert_whole, ranges};

    fn bx(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&(body.len() as u32 + 8).to_be_bytes(), &kind[..], body].concat()
    }

    fn long(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&1u32.to_be_bytes(), &kind[..], &(body.len() as u64 + 16).to_be_bytes(), body].concat()
    }

    fn ftyp(brand: &[u8]) -> Vec<u8> {
        bx(b"ftyp", &[brand, b"\0\0\x02\0isom"].concat())
    }

    #[test]
    fn tags_do_not_count_before_or_after_the_sound() {
        assert_tags_do_not_count(|sound, tags| {
            [ftyp(b"M4A "), bx(b"moov", &vec![1; tags + 100]), bx(b"mdat", sound)].concat()
        });
        assert_tags_do_not_count(|sound, tags| {
            [ftyp(b"M4B "), long(b"mdat", sound), bx(b"moov", &vec![1; tags + 100])].concat()
        });
        assert_tags_do_not_count(|sound, tags| {
            let (one, two) = sound.split_at(1_000);
            let to_the_end = [&[0; 4], &b"mdat"[..], two].concat();
            [ftyp(b"M4A "), bx(b"mdat", one), bx(b"moov", &vec![1; tags]), bx(b"mdat", b""), to_the_end]
                .concat()
        });
    }

    #[test]
    fn a_film_is_taken_whole() {
        assert_whole(&[ftyp(b"isom"), bx(b"moov", b"m"), bx(b"mdat", b"film")].concat());
    }

    #[test]
    fn an_odd_one_is_taken_whole() {
        let sound = bx(b"mdat", b"sound");
        for odd in [
            [ftyp(b"M4A "), bx(b"moov", b"m")].concat(),
            [ftyp(b"M4A "), bx(b"mdat", b"")].concat(),
            [ftyp(b"M4A "), sound.clone(), b"odd".to_vec()].concat(),
            [ftyp(b"M4A "), sound.clone(), 1_000u32.to_be_bytes().to_vec(), b"moov".to_vec()].concat(),
            [ftyp(b"M4A "), sound.clone(), 7u32.to_be_bytes().to_vec(), b"moov".to_vec()].concat(),
            [&ftyp(b"M4A ")[..], &sound, &1u32.to_be_bytes(), b"moov", &u64::MAX.to_be_bytes()].concat(),
            [&ftyp(b"M4A ")[..], &sound, &1u32.to_be_bytes(), b"moov", &15u64.to_be_bytes()].concat(),
            [ftyp(b"M4A "), sound.repeat(1_000)].concat(),
        ] {
            assert_whole(&odd);
        }
        assert_eq!(ranges(&[ftyp(b"M4A "), sound.repeat(63)].concat()).len(), 63);
    }
}
