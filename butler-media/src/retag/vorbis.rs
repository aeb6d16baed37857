//! A Vorbis comment: a list of `NAME=value`, the same in FLAC, Ogg Vorbis, Opus and Speex (Vorbis I, section
//! 5.2.1).

use std::ops::Range;

use butler_product::gain_tags::GainTag;

use super::{Field, ODD, Refusal, gain_tag};

/// Comments that are looked at.
const MAX_COMMENTS: u32 = 100_000;

/// The places of a comment list within what it lies in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Comments {
    /// Where the number of comments stands.
    pub(super) count_at: usize,
    pub(super) count: usize,
    pub(super) fields: Vec<Field>,
    /// Behind the last comment.
    pub(super) end: usize,
}

/// Reads the comment list that begins at `from`.
pub(super) fn read(bytes: &[u8], from: usize) -> Result<Comments, Refusal> {
    let mut at = from;
    let vendor = length(bytes, &mut at)?;
    at = vendor.end;
    let count_at = at;
    let count = number(bytes, &mut at)?;
    if count > MAX_COMMENTS {
        return Err(Refusal::Layout(ODD));
    }
    let mut fields = Vec::new();
    for _ in 0..count {
        let start = at;
        let text = length(bytes, &mut at)?;
        at = text.end;
        fields.push(Field { at: start..at, gain: gain_of(&bytes[text])? });
    }
    Ok(Comments { count_at, count: fields.len(), fields, end: at })
}

fn gain_of(comment: &[u8]) -> Result<Option<GainTag>, Refusal> {
    let Some(equals) = comment.iter().position(|byte| *byte == b'=') else { return Ok(None) };
    gain_tag(&comment[..equals], Some(&comment[equals + 1..]))
}

/// A comment as it is written.
pub(super) fn comment(tag: &GainTag) -> Vec<u8> {
    let text = format!("{}={}", tag.name, tag.value);
    [&(text.len() as u32).to_le_bytes(), text.as_bytes()].concat()
}

fn number(bytes: &[u8], at: &mut usize) -> Result<u32, Refusal> {
    let four = bytes.get(*at..).and_then(|rest| rest.first_chunk::<4>()).ok_or(Refusal::Layout(ODD))?;
    *at += 4;
    Ok(u32::from_le_bytes(*four))
}

/// The range of a text with its length before it.
fn length(bytes: &[u8], at: &mut usize) -> Result<Range<usize>, Refusal> {
    let length = number(bytes, at)? as usize;
    let end = at.checked_add(length).filter(|end| *end <= bytes.len()).ok_or(Refusal::Layout(ODD))?;
    Ok(*at..end)
}
