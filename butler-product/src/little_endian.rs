//! Numbers of blobs, as they lie in them: the lowest byte first.

/// Takes the first number off the bytes; none where they are cut off.
pub(crate) fn take_u32(bytes: &mut &[u8]) -> Option<u32> {
    let (number, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u32::from_le_bytes(*number))
}
