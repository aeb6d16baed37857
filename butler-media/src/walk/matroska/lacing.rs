//! Several frames in one block: their sizes. Source: RFC 9559, section 10.3. Pure.

use super::vint;

/// The sizes of a block's frames; kept from block to block, so that none allocates.
#[derive(Debug, Default)]
pub(super) struct Laces {
    pub(super) sizes: Vec<u64>,
}

impl Laces {
    /// Reads the sizes; `kind` is the block's two bits, `bytes` what is held of its payload of `payload`
    /// bytes.
    pub(super) fn read(&mut self, kind: u8, bytes: &[u8], payload: u64) -> Option<()> {
        self.sizes.clear();
        if kind == 0 {
            self.sizes.push(payload);
            return Some(());
        }
        let frames = usize::from(*bytes.first()?) + 1;
        let mut head = 1;
        match kind {
            2 => {
                let each = payload.checked_sub(1)?;
                let frames = frames as u64;
                if each % frames != 0 {
                    return None;
                }
                (0..frames).for_each(|_| self.sizes.push(each / frames));
                return Some(());
            }
            1 => {
                for _ in 1..frames {
                    let mut size = 0;
                    loop {
                        let byte = *bytes.get(head)?;
                        head += 1;
                        size += u64::from(byte);
                        if byte < 255 {
                            break;
                        }
                    }
                    self.sizes.push(size);
                }
            }
            _ => {
                let mut before = 0_i64;
                for at in 1..frames {
                    let (number, length) = vint(bytes.get(head..)?, 8, false)?;
                    head += length;
                    let number = i64::try_from(number).ok()?;
                    // All but the first are differences, moved so that they need no sign.
                    before = if at == 1 {
                        number
                    } else {
                        before.checked_add(number - ((1 << (7 * length - 1)) - 1))?
                    };
                    self.sizes.push(u64::try_from(before).ok()?);
                }
            }
        }
        let told = self.sizes.iter().try_fold(head as u64, |sum, size| sum.checked_add(*size))?;
        self.sizes.push(payload.checked_sub(told)?);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(kind: u8, bytes: &[u8], payload: u64) -> Option<Vec<u64>> {
        let mut laces = Laces::default();
        laces.read(kind, bytes, payload).map(|()| laces.sizes)
    }

    #[test]
    fn each_kind_of_lacing_gives_the_frames_sizes() {
        assert_eq!(sizes(0, &[], 9), Some(vec![9]));
        assert_eq!(sizes(2, &[2], 31), Some(vec![10, 10, 10]));
        // 255 + 45, 255 + 0, the rest.
        assert_eq!(sizes(1, &[2, 255, 45, 255, 0], 5 + 300 + 255 + 7), Some(vec![300, 255, 7]));
        // 800 in two bytes, 500 less in two bytes, the rest: the example of RFC 9559.
        assert_eq!(
            sizes(3, &[2, 0x43, 0x20, 0x5E, 0xD3], 5 + 800 + 500 + 1_000),
            Some(vec![800, 500, 1_000])
        );
    }

    #[test]
    fn lacing_that_promises_more_than_the_block_holds_is_refused() {
        assert_eq!(sizes(1, &[2, 255], 1_000), None);
        assert_eq!(sizes(1, &[1, 200], 100), None);
        assert_eq!(sizes(2, &[2], 30), None);
        assert_eq!(sizes(3, &[2, 0x81, 0x80], 100), None, "a size below nothing");
        assert_eq!(sizes(3, &[255], 100), None);
        assert_eq!(sizes(2, &[], 0), None);
    }
}
