//! Tags around a stream of frames: ID3v2 before it (id3.org, ID3v2.4.0 structure, section 3; 2.2 and 2.3 have
//! the same header), APEv1 or APEv2 and ID3v1 after it (wiki.hydrogenaudio.org, APEv2 specification; id3.org,
//! ID3v1).

use super::{Bytes, Miss};

/// Most ID3v2 tags in a row: a tagger that does not know another's may put its own before it; more is no file
/// of sound.
const MAX_ID3V2: usize = 4;
/// The length of an ID3v2 header, and of the footer.
const ID3V2_HEADER: u64 = 10;
/// The length of an ID3v1 tag.
const ID3V1: usize = 128;
/// The length of an APE footer, and of the header.
const APE_FOOTER: usize = 32;
/// How streams without a header for the file begin that get their tags at the end: `WavPack`, Monkey's Audio,
/// Musepack 8 and 7, True Audio.
const STREAMS: [&[u8]; 5] = [b"wvpk", b"MAC ", b"MPCK", b"MP+", b"TTA1"];

/// Where the ID3v2 tags at the head end: 0 if there is none.
pub(super) fn end_of_id3v2(bytes: &mut Bytes<'_>) -> Result<u64, Miss> {
    let mut at = 0;
    for _ in 0..MAX_ID3V2 {
        let Some(length) = id3v2_at(bytes, at)? else { return Ok(at) };
        at = bytes.after(at, length)?;
    }
    if id3v2_at(bytes, at)?.is_some() { Err(Miss::Odd) } else { Ok(at) }
}

fn id3v2_at(bytes: &mut Bytes<'_>, at: u64) -> Result<Option<u64>, Miss> {
    // The shortest frame of sound may be shorter than the header of a tag.
    if bytes.after(at, ID3V2_HEADER).is_err() {
        return Ok(None);
    }
    let [b'I', b'D', b'3', major, minor, flags, size @ ..] = bytes.array::<{ ID3V2_HEADER as usize }>(at)?
    else {
        return Ok(None);
    };
    if major == 0xff || minor == 0xff || size.iter().any(|byte| byte & 0x80 != 0) {
        return Err(Miss::Odd);
    }
    let size = size.iter().fold(0, |size, byte| size << 7 | u64::from(*byte));
    let footer = if major >= 4 && flags & 0x10 != 0 { ID3V2_HEADER } else { 0 };
    Ok(Some(ID3V2_HEADER + size + footer))
}

/// Whether a file that begins so is a bare stream that may have tags at its end.
pub(super) fn may_have_them_at_its_end(first: [u8; 4]) -> bool {
    STREAMS.iter().any(|stream| first.starts_with(stream)) || is_mpeg_frame(first)
}

/// The header of a frame of MPEG audio (ISO/IEC 11172-3, section 2.4.1.3) or of AAC in ADTS (ISO/IEC 14496-3,
/// 1.A.2.2).
const fn is_mpeg_frame([sync, kind, rates, _]: [u8; 4]) -> bool {
    let is_adts = kind & 0xf6 == 0xf0;
    let has_version_and_layer = kind & 0xe0 == 0xe0 && kind & 0x18 != 0x08 && kind & 0x06 != 0;
    let has_rates = rates & 0xf0 != 0xf0 && rates & 0x0c != 0x0c;
    sync == 0xff && (is_adts || (has_version_and_layer && has_rates))
}

/// Where the tags at the end begin, of a file whose sound begins at `start`.
pub(super) fn start_of_the_last(bytes: &mut Bytes<'_>, start: u64) -> Result<u64, Miss> {
    let length = (bytes.size - start).min((ID3V1 + APE_FOOTER) as u64);
    let mut tail = [0; ID3V1 + APE_FOOTER];
    let tail = &mut tail[..length as usize];
    bytes.read(bytes.size - length, tail)?;
    let (before, id3v1) = tail.split_at(tail.len().saturating_sub(ID3V1));
    let (rest, end) = if id3v1.len() == ID3V1 && id3v1.starts_with(b"TAG") {
        (before, bytes.size - ID3V1 as u64)
    } else {
        (&*tail, bytes.size)
    };
    let ape = rest.last_chunk::<APE_FOOTER>().map_or(Ok(0), ape_length)?;
    end.checked_sub(ape).filter(|end| *end > start).ok_or(Miss::Odd)
}

/// The length of the whole APE tag that a footer ends, 0 if it is none.
fn ape_length(footer: &[u8; APE_FOOTER]) -> Result<u64, Miss> {
    let [
        b'A',
        b'P',
        b'E',
        b'T',
        b'A',
        b'G',
        b'E',
        b'X',
        _,
        _,
        _,
        _,
        s0,
        s1,
        s2,
        s3,
        _,
        _,
        _,
        _,
        f0,
        f1,
        f2,
        f3,
        ..,
    ] = *footer
    else {
        return Ok(0);
    };
    let size = u64::from(u32::from_le_bytes([s0, s1, s2, s3]));
    let flags = u32::from_le_bytes([f0, f1, f2, f3]);
    let (has_header, is_header) = (flags & 1 << 31 != 0, flags & 1 << 29 != 0);
    if is_header || size < APE_FOOTER as u64 {
        return Err(Miss::Odd);
    }
    Ok(size + if has_header { APE_FOOTER as u64 } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assert_tags_do_not_count, assert_whole, ranges};
    use super::is_mpeg_frame;

    const MP3: &[u8] = b"\xff\xfb\x90\x64";
    const AAC: &[u8] = b"\xff\xf1\x50\x80";

    fn id3v2(length: usize, footer: bool) -> Vec<u8> {
        let size = [21, 14, 7, 0].map(|shift| (length >> shift & 0x7f) as u8);
        let mut tag = [&b"ID3\x04\0"[..], &[if footer { 0x10 } else { 0 }], &size].concat();
        tag.resize(10 + length, b'i');
        if footer {
            tag.extend_from_slice(b"3DI\x04\0\x10\0\0\0\0");
        }
        tag
    }

    fn id3v1(text: u8) -> Vec<u8> {
        [&b"TAG"[..], &[text; 125]].concat()
    }

    fn ape(length: usize, header: bool) -> Vec<u8> {
        let end = |flags: u32| {
            [
                &b"APETAGEX"[..],
                &2_000u32.to_le_bytes(),
                &(length as u32 + 32).to_le_bytes(),
                &[1, 0, 0, 0],
                &flags.to_le_bytes(),
                &[0; 8],
            ]
            .concat()
        };
        let flags = if header { 1 << 31 } else { 0 };
        let front = if header { end(flags | 1 << 29) } else { vec![] };
        [front, vec![b'a'; length], end(flags)].concat()
    }

    #[test]
    fn tags_before_and_after_the_frames_do_not_count() {
        for codec in [MP3, AAC] {
            assert_tags_do_not_count(|sound, tags| match tags {
                0 => [codec, sound].concat(),
                _ => [&id3v2(tags, false), codec, sound].concat(),
            });
            assert_tags_do_not_count(|sound, tags| match tags {
                0 => [codec, sound].concat(),
                _ => {
                    [&id3v2(5, false), &id3v2(tags, true), codec, sound, &ape(tags, true), &id3v1(tags as u8)]
                        .concat()
                }
            });
            assert_tags_do_not_count(|sound, tags| match tags {
                0 => [codec, sound, &id3v1(7)].concat(),
                _ => [codec, sound, &ape(tags, false)].concat(),
            });
        }
        assert_tags_do_not_count(|sound, tags| [b"wvpk", sound, &ape(tags, true)].concat());
    }

    #[test]
    fn a_text_that_looks_like_a_frame_is_none() {
        for no_frame in
            [b"\xff\xd8\xff\xe0", b"\xff\xeb\x90\0", b"\xff\xfb\xf0\0", b"\xff\xfb\x9c\0", b"\xfe\xfb\x90\0"]
        {
            assert!(!is_mpeg_frame(*no_frame), "{no_frame:?}");
        }
    }

    #[test]
    fn five_tags_in_a_row_are_odd() {
        let tagged = |count| [&id3v2(20, false).repeat(count), MP3, b"sound and more sound"].concat();
        assert_ne!(ranges(&tagged(4))[0].start, 0);
        assert_whole(&tagged(5));
    }

    #[test]
    fn an_odd_one_is_taken_whole() {
        let mut too_long = ape(40, true);
        let footer = too_long.len() - 32;
        too_long[footer + 12..footer + 16].copy_from_slice(&u32::MAX.to_le_bytes());
        let mut too_short = ape(40, true);
        too_short[footer + 12..footer + 16].copy_from_slice(&31u32.to_le_bytes());
        for odd in [
            id3v2(200, false),
            [id3v2(200, false), id3v1(1)].concat(),
            [id3v2(200, false), ape(10, true)].concat(),
            [&b"ID3\x04\0\0\x7f\x7f\x7f\x7f"[..], MP3, &[1; 500]].concat(),
            [&b"ID3\x04\0\0\0\0\0\x80"[..], MP3, &[1; 500]].concat(),
            [MP3, &[1; 100], &too_long].concat(),
            [MP3, &[1; 100], &too_short].concat(),
            [MP3, &[1; 100], &ape(20, true), &ape(0, true)[..32]].concat(),
        ] {
            assert_whole(&odd);
        }
    }
}
