//! SubRip subtitles (`.srt`), as far as their times go: which there are, and the same file with all of them
//! moved. Texts are left as they are, in whatever encoding of bytes and with whatever line ends; so is what
//! is no time. UTF-16 is no such encoding: that is made UTF-8 of first ([`from_utf16`]).
//!
//! A line of times is `00:01:02,345 --> 00:01:04,000`, and what follows on it, as the first player of the
//! form (SubRip) writes it; a dot in place of the comma is read too. Start with [`cues`] and [`moved`].

/// When a subtitle is shown, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cue {
    /// From here.
    pub start_ms: u64,
    /// Until here.
    pub end_ms: u64,
}

const ARROW: &[u8] = b"-->";

/// The times of a file's subtitles, in its order; none that end before they begin.
pub fn cues(file: &[u8]) -> Vec<Cue> {
    let lines = file.split(|byte| *byte == b'\n');
    lines.filter_map(times).map(|Times { cue, .. }| cue).filter(|cue| cue.start_ms < cue.end_ms).collect()
}

/// What is done to all times of a file: they are multiplied, and then moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// By this fraction, numerator and denominator; 1 and 1 leave the pace as it is.
    pub times: (u32, u32),
    /// Later by so many milliseconds.
    pub by_ms: i64,
}

impl Move {
    /// Later by so many milliseconds, at the same pace.
    pub const fn by(by_ms: i64) -> Self {
        Self { times: (1, 1), by_ms }
    }

    /// When it is shown then; what would come before the file's start comes at it.
    fn of(self, ms: u64) -> u64 {
        stretched(ms, self.times).saturating_add_signed(self.by_ms)
    }
}

/// A time at another pace.
pub(crate) fn stretched(ms: u64, (numerator, denominator): (u32, u32)) -> u64 {
    let (numerator, denominator) = (u128::from(numerator), u128::from(denominator.max(1)));
    u64::try_from((u128::from(ms) * numerator + denominator / 2) / denominator).unwrap_or(u64::MAX)
}

/// A file's text in UTF-8, if it is UTF-16 (by its mark, or by every other byte of its head being zero, as of
/// ASCII); none if it is not.
pub fn from_utf16(file: &[u8]) -> Option<Vec<u8>> {
    let (body, is_little) = match file {
        [0xFF, 0xFE, body @ ..] => (body, true),
        [0xFE, 0xFF, body @ ..] => (body, false),
        [1..=u8::MAX, 0, 1..=u8::MAX, 0, ..] => (file, true),
        [0, 1..=u8::MAX, 0, 1..=u8::MAX, ..] => (file, false),
        _ => return None,
    };
    let read = if is_little { u16::from_le_bytes } else { u16::from_be_bytes };
    let units = body.chunks_exact(2).map(|pair| read([pair[0], pair[1]]));
    let text: String =
        char::decode_utf16(units).map(|sign| sign.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    Some(text.into_bytes())
}

/// The same file with all times changed; what would come before its start comes at it.
pub fn moved(file: &[u8], by: Move) -> Vec<u8> {
    let mut out = Vec::with_capacity(file.len() + 64);
    for line in file.split_inclusive(|byte| *byte == b'\n') {
        match times(line) {
            Some(Times { cue, rest }) => {
                let times = [cue.start_ms, cue.end_ms].map(|ms| written(by.of(ms)));
                out.extend(times.join(" --> ").as_bytes());
                out.extend(rest);
            }
            None => out.extend(line),
        }
    }
    out
}

/// A line of times, and what follows them on it.
struct Times<'a> {
    cue: Cue,
    rest: &'a [u8],
}

fn times(line: &[u8]) -> Option<Times<'_>> {
    let arrow = line.windows(ARROW.len()).position(|bytes| bytes == ARROW)?;
    // A mark at a file's head is no part of its first line.
    let before = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    let before = &before[..before.len() - (line.len() - arrow)];
    let after = line[arrow + ARROW.len()..].trim_ascii_start();
    let length = after.iter().position(|byte| !b"0123456789:,.".contains(byte)).unwrap_or(after.len());
    let (end, rest) = after.split_at(length);
    Some(Times { cue: Cue { start_ms: read(before)?, end_ms: read(end)? }, rest })
}

/// `01:02:03,456`; hours may be missing.
fn read(time: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(time.trim_ascii()).ok()?;
    let (clock, fraction) = text.split_once([',', '.'])?;
    let mut seconds = 0_u64;
    let fields: Vec<&str> = clock.split(':').collect();
    if !(2..=3).contains(&fields.len()) || fraction.is_empty() || fraction.len() > 3 {
        return None;
    }
    for field in fields {
        let number: u64 = field.parse().ok().filter(|number| *number < 100_000)?;
        seconds = seconds * 60 + number;
    }
    let thousandths: u64 = format!("{fraction:0<3}").parse().ok()?;
    Some(seconds * 1_000 + thousandths)
}

fn written(ms: u64) -> String {
    let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02},{:03}", ms % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &[u8] = b"\xEF\xBB\xBF1\r\n00:00:01,000 --> 00:00:02,500 X1:40\r\nCaf\xE9 --> here\r\n\r\n\
                          2\n1:00:00.25-->1:00:01,5\n--> no time\n";

    #[test]
    fn times_are_read_however_they_are_written_and_texts_are_none() {
        let cue = |start_ms, end_ms| Cue { start_ms, end_ms };
        assert_eq!(cues(FILE), [cue(1_000, 2_500), cue(3_600_250, 3_601_500)]);
        assert_eq!(cues(b"\xEF\xBB\xBF00:00:01,000 --> 00:00:02,000\n"), [cue(1_000, 2_000)]);
        assert_eq!(cues(b"02:03,4 --> 02:04,4"), [cue(123_400, 124_400)]);
        for none in [&b""[..], b"-->", b"a --> b", b"00:00:02,000 --> 00:00:01,000", b"9:9:9:9,1 --> 9:9:9,2"]
        {
            assert_eq!(cues(none), [], "{none:?}");
        }
    }

    #[test]
    fn a_moved_file_differs_in_its_times_alone() {
        let expect: &[u8] =
            b"\xEF\xBB\xBF1\r\n00:00:03,400 --> 00:00:04,900 X1:40\r\nCaf\xE9 --> here\r\n\r\n\
                              2\n01:00:02,650 --> 01:00:03,900\n--> no time\n";
        assert_eq!(moved(FILE, Move::by(2_400)), expect);
        let early = moved(b"00:00:01,000 --> 00:00:02,500\n", Move::by(-1_500));
        assert_eq!(early, b"00:00:00,000 --> 00:00:01,000\n");
    }

    #[test]
    fn hostile_bytes_break_nothing() {
        for place in 0..FILE.len() {
            for byte in [0, b'9', b':', 0xFF] {
                let mut file = FILE.to_vec();
                file[place] = byte;
                cues(&file);
                moved(&file, Move::by(i64::MIN));
                moved(&file, Move { times: (u32::MAX, 0), by_ms: i64::MAX });
                from_utf16(&file);
            }
        }
        moved(b"99999:99999:99999,999 --> 99999:99999:99999,999", Move::by(i64::MAX));
    }

    #[test]
    fn a_file_at_another_pace_is_stretched_before_it_is_moved() {
        let slower = moved(b"00:01:00,000 --> 01:00:00,000\n", Move { times: (1_001, 960), by_ms: -500 });
        assert_eq!(slower, b"00:01:02,063 --> 01:02:33,250\n");
    }

    #[test]
    fn utf_16_is_read_with_its_mark_and_without_and_nothing_else_is_taken_for_it() {
        let text = "1\n00:00:01,000 --> 00:00:02,000\nÜber 😀\n";
        let units: Vec<u16> = text.encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        let marked = |mark: [u8; 2], body: &[u8]| [&mark[..], body].concat();
        for file in [little.clone(), big.clone(), marked([0xFF, 0xFE], &little), marked([0xFE, 0xFF], &big)] {
            assert_eq!(from_utf16(&file).as_deref(), Some(text.as_bytes()));
        }
        for other in [text.as_bytes(), FILE, b"", b"1", &[0, 0, 0, 0]] {
            assert_eq!(from_utf16(other), None, "{other:?}");
        }
        // Half a pair of surrogates, and half a unit.
        assert_eq!(from_utf16(&[0xFF, 0xFE, 0x00, 0xD8, 0x41]).unwrap(), "\u{fffd}".as_bytes());
    }
}
