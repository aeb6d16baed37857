//! Takes what a worker writes to its standard error into the server's log. A worker reads strangers' files: what
//! it says is bounded here, and cleaned by the log like all that stands in a field.

use std::io::{self, BufRead, BufReader, Read};

/// Bytes of a line; what is longer becomes several.
const LINE: u64 = 1_000;
/// Lines of one worker that are logged; what it says beyond is read and dropped.
const MOST_LINES: usize = 200;

/// Logs a worker's lines on a thread of its own, until the worker ends.
pub(super) fn follow(worker: u32, words: impl Read + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name(format!("words of {worker}")).spawn(move || {
        for_each_line(BufReader::new(words), &mut |line| {
            tracing::warn!(worker, %line, "a worker wrote to its standard error");
        });
    })?;
    Ok(())
}

fn for_each_line(mut words: impl BufRead, tell: &mut dyn FnMut(&str)) {
    let (mut line, mut lines) = (Vec::new(), 0);
    while matches!(words.by_ref().take(LINE).read_until(b'\n', &mut line), Ok(1..)) {
        lines += 1;
        if lines <= MOST_LINES {
            tell(String::from_utf8_lossy(&line).trim_end());
        }
        line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(words: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for_each_line(words, &mut |line| lines.push(line.to_owned()));
        lines
    }

    #[test]
    fn a_workers_words_are_told_line_by_line_whatever_bytes_they_are() {
        assert_eq!(
            lines(b"out of memory\nand \xff\n\nno end"),
            ["out of memory", "and \u{fffd}", "", "no end"]
        );
        assert!(lines(b"").is_empty());
    }

    #[test]
    fn a_worker_that_never_stops_talking_fills_no_log() {
        let line = lines(&[b'x'; 2_500]);
        assert_eq!(line.iter().map(String::len).collect::<Vec<_>>(), [1_000, 1_000, 500]);
        assert_eq!(lines(&b"again\n".repeat(10_000)).len(), MOST_LINES);
    }
}
