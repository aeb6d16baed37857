//! How bright a film gets, out of the two records that libav hands on as bytes. Pure: it reads what it is
//! given.

/// What no display shows, cd/m2; PQ ends here (SMPTE ST 2084).
const BRIGHTEST: u32 = 10_000;

/// The brightest pixel of all pictures (`AVContentLightMetadata`: two numbers, MaxCLL first), cd/m2.
pub(super) fn of_content(record: Option<&[u8]>) -> Option<u32> {
    sane(number(record?, 0)?)
}

/// The brightest pixel that the mastering display shows (`AVMasteringDisplayMetadata`: eight ratios of
/// primaries and white point, the darkest and the brightest light as ratios, then whether either is known),
/// cd/m2.
pub(super) fn of_display(record: Option<&[u8]>) -> Option<u32> {
    let record = record?;
    let (over, under, is_known) = (number(record, 72)?, number(record, 76)?, number(record, 84)? != 0);
    sane(over.checked_div(under).filter(|_| is_known)?)
}

fn number(record: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(record.get(at..at + 4)?.try_into().ok()?))
}

/// Nothing where muxers leave a zero.
fn sane(peak: u32) -> Option<u32> {
    (1..=BRIGHTEST).contains(&peak).then_some(peak)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_is_short_or_empty_says_nothing() {
        assert_eq!(of_content(Some(&[0; 8])), None);
        assert_eq!(of_content(Some(&[1, 2])), None);
        assert_eq!(
            of_content(Some(&[0xE8, 3, 0, 0, 100, 0, 0, 0])),
            Some(u32::from_le_bytes([0xE8, 3, 0, 0]))
        );
        let mut display = [0u8; 88];
        display[72..76].copy_from_slice(&10_000_000u32.to_ne_bytes());
        assert_eq!(of_display(Some(&display)), None);
        display[76..80].copy_from_slice(&10_000u32.to_ne_bytes());
        assert_eq!(of_display(Some(&display)), None);
        display[84] = 1;
        assert_eq!(of_display(Some(&display)), Some(1_000));
        assert_eq!(of_display(Some(&display[..80])), None);
    }
}
