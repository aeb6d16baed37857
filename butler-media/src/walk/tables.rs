//! An MP4 track's sample tables: where each sample lies, when it is shown, how large it is. Pure, over the
//! boxes' bytes.
//!
//! Tables are read where they stand; nothing is allocated by what they claim. Source: ISO/IEC 14496-12, 8.6
//! to 8.7, and Apple's QuickTime File Format for uncompressed sound. Start with [`Tables::samples`].

/// Samples of one file that are walked: a week of film and sound.
pub(super) const MAX_SAMPLES: u64 = 40_000_000;
/// Frames of uncompressed sound that libav takes for one packet.
const FRAMES_OF_A_PACKET: u64 = 1_024;

/// A number of a table; 0 behind its end.
pub(super) fn number(bytes: &[u8], place: usize) -> u32 {
    let four = bytes.get(place..).and_then(|rest| rest.first_chunk::<4>());
    four.map_or(0, |four| u32::from_be_bytes(*four))
}

/// A large number; 0 behind the end.
pub(super) fn large(bytes: &[u8], place: usize) -> u64 {
    u64::from(number(bytes, place)) << 32 | u64::from(number(bytes, place.saturating_add(4)))
}

/// A table of entries of one size: how many there really are.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Table<'a> {
    entries: &'a [u8],
    size: usize,
}

impl<'a> Table<'a> {
    /// The entries that follow a box's version, flags and count: no more than it holds.
    pub(super) fn new(content: &'a [u8], size: usize) -> Self {
        let held = content.get(8..).unwrap_or_default();
        let claimed = usize::try_from(number(content, 4)).unwrap_or(usize::MAX).saturating_mul(size);
        Self { entries: &held[..held.len().min(claimed)], size }
    }

    const fn len(&self) -> usize {
        match self.entries.len().checked_div(self.size) {
            Some(entries) => entries,
            None => 0,
        }
    }

    fn get(&self, entry: usize, field: usize) -> u32 {
        number(self.entries, entry * self.size + 4 * field)
    }
}

/// Sizes of samples.
#[derive(Debug, Clone, Copy)]
enum Sizes<'a> {
    /// All of one size, so many.
    One(u32, u32),
    /// Each its own.
    Each(Table<'a>),
}

/// What a track's `stbl` holds.
#[derive(Debug, Clone)]
pub(super) struct Tables<'a> {
    durations: Table<'a>,
    offsets: Option<Table<'a>>,
    sizes: Sizes<'a>,
    runs: Table<'a>,
    chunks: Table<'a>,
    keys: Option<Table<'a>>,
    /// Bytes of one frame of uncompressed sound, which comes in packets of many.
    frame_bytes: Option<u64>,
}

/// One sample, in the track's own units of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) decoded: i64,
    pub(super) shown: i64,
    pub(super) duration: i64,
    pub(super) bytes: u64,
    pub(super) place: u64,
    pub(super) is_key: bool,
}

impl<'a> Tables<'a> {
    /// Reads a `stbl` by its boxes; none where it is of a kind that libav's demuxer treats in a way of its
    /// own.
    pub(super) fn new(boxes: impl Iterator<Item = ([u8; 4], &'a [u8])>, is_sound: bool) -> Option<Self> {
        let mut tables = Self {
            durations: Table::default(),
            offsets: None,
            sizes: Sizes::One(0, 0),
            runs: Table::default(),
            chunks: Table::default(),
            keys: None,
            frame_bytes: None,
        };
        let mut description: &[u8] = &[];
        for (kind, content) in boxes {
            match &kind {
                b"stsd" => description = content,
                b"stts" => tables.durations = Table::new(content, 8),
                b"ctts" => tables.offsets = Some(Table::new(content, 8)),
                b"stsz" if number(content, 4) > 0 => {
                    tables.sizes = Sizes::One(number(content, 4), number(content, 8))
                }
                b"stsz" => tables.sizes = Sizes::Each(Table::new(content.get(4..)?, 4)),
                b"stsc" => tables.runs = Table::new(content, 12),
                b"stco" => tables.chunks = Table::new(content, 4),
                b"co64" => tables.chunks = Table::new(content, 8),
                b"stss" => tables.keys = Some(Table::new(content, 4)),
                // Sizes of less than a byte, key frames that are not quite, and groups that make key frames
                // of others.
                b"stz2" | b"stps" => return None,
                b"sbgp" if matches!(content.get(4..8), Some(b"rap " | b"sync")) => return None,
                _ => {}
            }
        }
        if tables.keys.is_some_and(|keys| keys.len() == 0) {
            return None;
        }
        if is_sound && tables.durations.len() == 1 && tables.durations.get(0, 1) == 1 {
            tables.frame_bytes = Some(frame_bytes(description)?);
        }
        Some(tables)
    }

    /// The samples in the order in which they are decoded.
    pub(super) fn samples(&self) -> Samples<'_> {
        let left = match self.sizes {
            Sizes::One(_, count) => u64::from(count),
            Sizes::Each(table) => table.len() as u64,
        };
        Samples {
            tables: self,
            left,
            at: 0,
            decoded: 0,
            place: 0,
            chunk: 0,
            left_of_chunk: 0,
            run: 0,
            duration: Runs::default(),
            offset: Runs::default(),
            key: 0,
        }
    }

    /// How many samples are claimed.
    pub(super) fn count(&self) -> u64 {
        self.samples().left
    }

    pub(super) const fn has_offsets(&self) -> bool {
        self.offsets.is_some()
    }
}

/// Bytes of a frame of uncompressed sound, by the sample description.
fn frame_bytes(description: &[u8]) -> Option<u64> {
    let entry = description.get(8..)?;
    let short =
        |place: usize| entry.get(place..place + 2).map(|two| u64::from(u16::from_be_bytes([two[0], two[1]])));
    let (version, channels, bits) = (short(16)?, short(24)?, short(26)?);
    let bits = match entry.get(4..8)? {
        b"sowt" | b"twos" | b"raw " if bits == 8 || bits == 16 => bits,
        b"in24" => 24,
        b"in32" | b"fl32" => 32,
        b"fl64" => 64,
        b"alaw" | b"ulaw" => 8,
        _ => return None,
    };
    let is_plain = version == 0 || version == 1 && number(entry, 36) == 1;
    Some(bits / 8 * channels).filter(|bytes| is_plain && *bytes > 0)
}

/// A place in a table of runs: counts, and a value for each of them. The last run goes on for ever.
#[derive(Debug, Clone, Copy, Default)]
struct Runs {
    run: usize,
    taken: u32,
}

impl Runs {
    fn next(&mut self, table: &Table<'_>) -> u32 {
        while self.run + 1 < table.len() && self.taken >= table.get(self.run, 0) {
            *self = Self { run: self.run + 1, taken: 0 };
        }
        self.taken = self.taken.saturating_add(1);
        table.get(self.run, 1)
    }
}

/// Goes through the samples of a track.
#[derive(Debug, Clone)]
pub(super) struct Samples<'a> {
    tables: &'a Tables<'a>,
    /// Samples that are still to come.
    left: u64,
    /// Samples so far.
    at: u32,
    decoded: i64,
    place: u64,
    /// The next chunk.
    chunk: usize,
    left_of_chunk: u64,
    /// The run of chunks that the chunk belongs to.
    run: usize,
    duration: Runs,
    offset: Runs,
    /// The next key sample's place in its table.
    key: usize,
}

impl Samples<'_> {
    /// Goes to the next chunk that has a sample.
    fn next_chunk(&mut self) -> Option<()> {
        let Tables { chunks, runs, .. } = self.tables;
        while self.left_of_chunk == 0 {
            if self.chunk >= chunks.len() {
                return None;
            }
            // Runs name their first chunk, counted from 1.
            while self.run + 1 < runs.len() && u64::from(runs.get(self.run + 1, 0)) <= self.chunk as u64 + 1 {
                self.run += 1;
            }
            self.left_of_chunk = u64::from(runs.get(self.run, 1));
            self.place = if chunks.size == 8 {
                large(chunks.entries, self.chunk * 8)
            } else {
                u64::from(chunks.get(self.chunk, 0))
            };
            self.chunk += 1;
        }
        Some(())
    }

    /// Whether the next sample is a key sample; without a table all are.
    fn is_key(&mut self) -> bool {
        let Some(keys) = &self.tables.keys else { return true };
        // Counted from 1.
        while self.key < keys.len() && keys.get(self.key, 0) <= self.at {
            self.key += 1;
        }
        self.key < keys.len() && keys.get(self.key, 0) == self.at.saturating_add(1)
    }

    fn step(&mut self, count: u64, duration: i64, shift: i64, bytes: u64, is_key: bool) -> Sample {
        let sample = Sample {
            decoded: self.decoded,
            shown: self.decoded.saturating_add(shift),
            duration,
            bytes,
            place: self.place,
            is_key,
        };
        self.decoded = self.decoded.saturating_add(duration);
        self.place = self.place.saturating_add(bytes);
        self.left -= count;
        self.left_of_chunk -= count;
        self.at = self.at.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        sample
    }
}

impl Iterator for Samples<'_> {
    type Item = Sample;

    fn next(&mut self) -> Option<Sample> {
        if self.left == 0 {
            return None;
        }
        self.next_chunk()?;
        if let Some(bytes) = self.tables.frame_bytes {
            let count = self.left_of_chunk.min(FRAMES_OF_A_PACKET).min(self.left);
            return Some(self.step(count, count.cast_signed(), 0, count * bytes, true));
        }
        let bytes = match &self.tables.sizes {
            Sizes::One(bytes, _) => *bytes,
            Sizes::Each(table) => table.get(self.at as usize, 0),
        };
        let duration = i64::from(self.duration.next(&self.tables.durations));
        // Signed in both versions: muxers write negative ones whatever the version.
        let shift = self.tables.offsets.as_ref().map_or(0, |table| self.offset.next(table).cast_signed());
        let is_key = self.is_key();
        Some(self.step(1, duration, shift.into(), bytes.into(), is_key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(head: &[u32], entries: &[u32]) -> Vec<u8> {
        head.iter().chain(entries).flat_map(|number| number.to_be_bytes()).collect()
    }

    #[test]
    fn samples_follow_from_all_tables_together() {
        let stts = table(&[0, 2], &[2, 10, 3, 20]);
        let ctts = table(&[0, 2], &[1, 5, 4, u32::MAX]);
        let stsz = table(&[0, 0, 5], &[100, 1, 2, 3, 4]);
        let stsc = table(&[0, 2], &[1, 2, 1, 2, 1, 1]);
        let stco = table(&[0, 4], &[1_000, 2_000, 3_000, 4_000]);
        let stss = table(&[0, 2], &[1, 4]);
        let boxes = [
            (*b"stts", &stts),
            (*b"ctts", &ctts),
            (*b"stsz", &stsz),
            (*b"stsc", &stsc),
            (*b"stco", &stco),
            (*b"stss", &stss),
        ];
        let tables =
            Tables::new(boxes.into_iter().map(|(kind, content)| (kind, content.as_slice())), false).unwrap();
        let samples: Vec<_> =
            tables.samples().map(|s| (s.decoded, s.shown, s.bytes, s.place, s.is_key)).collect();
        assert_eq!(
            samples,
            [
                (0, 5, 100, 1_000, true),
                (10, 9, 1, 1_100, false),
                (20, 19, 2, 2_000, false),
                (40, 39, 3, 3_000, true),
                (60, 59, 4, 4_000, false)
            ]
        );
    }

    #[test]
    fn counts_that_lie_end_with_the_bytes_that_are_there() {
        let stsz = table(&[0, 0, u32::MAX], &[100, 1]);
        let one = table(&[0, 7, u32::MAX], &[]);
        let stsc = table(&[0, u32::MAX], &[1, u32::MAX, 1]);
        let stco = table(&[0, u32::MAX], &[1_000]);
        let of = |stsz: &[u8]| {
            let boxes = [(*b"stsz", stsz), (*b"stsc", &stsc), (*b"stco", &stco)];
            let count = Tables::new(boxes.into_iter(), false).unwrap().count();
            (count, Tables::new(boxes.into_iter(), false).unwrap().samples().take(5).count())
        };
        assert_eq!(of(&stsz), (2, 2));
        assert_eq!(of(&one), (u64::from(u32::MAX), 5));
        assert_eq!(Tables::new(std::iter::empty(), false).unwrap().samples().count(), 0);
    }
}
