//! FLAC: the Vorbis comment among the metadata blocks (RFC 9639, section 8).

use butler_product::gain_tags::{Retag, Retagged};

use super::splice::Splice;
use super::{Change, File, ODD, Refusal, replay_gain, unchanged, vorbis};

/// Metadata blocks that are walked.
const MAX_BLOCKS: usize = 128;
/// Types of blocks.
const STREAMINFO: u8 = 0;
const COMMENT: u8 = 4;
/// The largest length that a block's header can state.
const MAX_LENGTH: i64 = 0xff_ffff;
/// Bytes of a block's header.
const HEADER: u64 = 4;

/// Changes the comment of a stream whose marker lies at `start`.
pub(super) fn retag(file: &File<'_>, start: u64, retag: &Retag) -> Result<Retagged, Refusal> {
    let (mut at, mut streaminfo_end, mut comment) = (start + 4, None, None);
    for _ in 0..MAX_BLOCKS {
        let [kind, a, b, c] = file.array(at)?;
        let (is_last, kind) = (kind & 0x80 != 0, kind & 0x7f);
        let length = u64::from(u32::from_be_bytes([0, a, b, c]));
        let end = at + HEADER + length;
        match kind {
            STREAMINFO if streaminfo_end.is_none() => streaminfo_end = Some((end, is_last)),
            COMMENT if comment.is_none() => comment = Some((at, length, is_last)),
            // Neither may stand there twice.
            STREAMINFO | COMMENT => return Err(Refusal::Layout(ODD)),
            _ => {}
        }
        at = end;
        if is_last {
            let (streaminfo_end, is_alone) = streaminfo_end.ok_or(Refusal::Layout(ODD))?;
            return match comment {
                Some((at, length, is_last)) => change(file, (at, length, is_last), retag),
                None => new(file, start, streaminfo_end, is_alone, retag),
            };
        }
    }
    Err(Refusal::Layout(ODD))
}

fn change(
    file: &File<'_>,
    (at, length, is_last): (u64, u64, bool),
    retag: &Retag,
) -> Result<Retagged, Refusal> {
    let bytes = file.bytes(at + HEADER, length)?;
    let comments = vorbis::read(&bytes, 0)?;
    let (old, change) = Change::of(&comments.fields, comments.end, replay_gain(retag))?;
    let Some(change) = change else { return Ok(unchanged(old)) };
    let mut splice = Splice::default();
    let body = at + HEADER;
    change.carry_out(&mut splice, body, vorbis::comment);
    let length = length as i64 + splice.grown();
    splice.replace(at..body, header(COMMENT, is_last, length)?);
    let count = body + comments.count_at as u64;
    splice.replace(count..count + 4, (change.count(comments.count) as u32).to_le_bytes().to_vec());
    Ok(change.retagged(splice))
}

/// A comment where there was none, behind the stream's description.
fn new(file: &File<'_>, start: u64, at: u64, is_last: bool, retag: &Retag) -> Result<Retagged, Refusal> {
    let (old, change) = Change::of(&[], 0, replay_gain(retag))?;
    let Some(change) = change else { return Ok(unchanged(old)) };
    let vendor = b"Butler";
    let list: Vec<u8> = change.new.iter().flat_map(vorbis::comment).collect();
    let numbers = [(vendor.len() as u32).to_le_bytes(), (change.new.len() as u32).to_le_bytes()];
    let body = [&numbers[0], &vendor[..], &numbers[1], &list].concat();
    let mut splice = Splice::default();
    if is_last {
        let [kind, ..] = file.array::<4>(start + 4)?;
        splice.replace(start + 4..start + 5, vec![kind & 0x7f]);
    }
    splice.put(at, [header(COMMENT, is_last, body.len() as i64)?, body].concat());
    Ok(change.retagged(splice))
}

fn header(kind: u8, is_last: bool, length: i64) -> Result<Vec<u8>, Refusal> {
    if !(0..=MAX_LENGTH).contains(&length) {
        return Err(Refusal::Layout("Its tags are as long as a FLAC file can have them."));
    }
    let mut header = (length as u32).to_be_bytes();
    header[0] = kind | if is_last { 0x80 } else { 0 };
    Ok(header.to_vec())
}
