//! SubRip subtitles (`.srt`), as far as their times go: which there are, and the same file with all of them
//! moved. Texts are left as they are, in whatever encoding and with whatever line ends; so is what is no time.
//!
//! A line of times is `00:01:02,345 --> 00:01:04,000`, and what follows on it, as the first player of the form
//! (SubRip) writes it; a dot in place of the comma is read too. Start with [`cues`] and [`moved`].

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

/// The same file with all times later by so many milliseconds; what would come before its start comes at it.
pub fn moved(file: &[u8], by_ms: i64) -> Vec<u8> {
    let mut out = Vec::with_capacity(file.len() + 64);
    for line in file.split_inclusive(|byte| *byte == b'\n') {
        match times(line) {
            Some(Times { cue, rest }) => {
                let later = |ms: u64| written(ms.saturating_add_signed(by_ms));
                out.extend(format!("{} --> {}", later(cue.start_ms), later(cue.end_ms)).as_bytes());
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
        assert_eq!(moved(FILE, 2_400), expect);
        let early = moved(b"00:00:01,000 --> 00:00:02,500\n", -1_500);
        assert_eq!(early, b"00:00:00,000 --> 00:00:01,000\n");
    }

    #[test]
    fn hostile_bytes_break_nothing() {
        for place in 0..FILE.len() {
            for byte in [0, b'9', b':', 0xFF] {
                let mut file = FILE.to_vec();
                file[place] = byte;
                cues(&file);
                moved(&file, i64::MIN);
                moved(&file, i64::MAX);
            }
        }
        moved(b"99999:99999:99999,999 --> 99999:99999:99999,999", i64::MAX);
    }
}
