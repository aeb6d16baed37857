//! Bits into bytes, the highest first, as video standards write them.

/// A growing row of bits.
#[derive(Debug, Default)]
pub(super) struct Bits {
    bytes: Vec<u8>,
    /// Bits of the last byte that are taken; 0 where it is full.
    taken: u8,
}

impl Bits {
    /// Adds the lowest `count` bits of a number.
    pub(super) fn put(&mut self, count: u8, number: u32) {
        for bit in (0..count).rev() {
            if self.taken == 0 {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= u8::from(number >> bit & 1 == 1) << (7 - self.taken);
            }
            self.taken = (self.taken + 1) % 8;
        }
    }

    /// Adds a number by Exp-Golomb's code (ITU-T H.264, 9.1).
    pub(super) fn golomb(&mut self, number: u32) {
        let length = 32 - (number + 1).leading_zeros();
        self.put((length - 1) as u8, 0);
        self.put(length as u8, number + 1);
    }

    /// Fills the last byte with zeros.
    pub(super) fn align(&mut self) {
        self.taken = 0;
    }

    /// Adds whole bytes after [`Self::align`].
    pub(super) fn bytes(&mut self, bytes: impl IntoIterator<Item = u8>) {
        self.bytes.extend(bytes);
    }

    pub(super) fn done(self) -> Vec<u8> {
        self.bytes
    }
}
