//! How what is logged is written: a line an event, whatever stands in its message and fields. A file's name,
//! a section's folder or a pause's note can neither begin a line of its own nor give a terminal orders; such
//! characters are shown by their number.

use std::fmt;

use tracing::field::Field;
use tracing_subscriber::field::{MakeVisitor, VisitFmt};
use tracing_subscriber::fmt::format::{self, Writer};

use crate::print::text::escaped;

/// Writes the fields of events and spans.
pub(crate) fn one_line()
-> impl for<'writer> MakeVisitor<Writer<'writer>, Visitor: VisitFmt> + Send + Sync + 'static {
    format::debug_fn(|writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug| {
        let value = format!("{value:?}");
        let value = escaped(&value, |c| c.escape_default().to_string());
        match field.name() {
            // It comes first.
            "message" => write!(writer, "{value}"),
            // Where in a library's source a line was logged that came by the crate `log`.
            name if name.starts_with("log.") => Ok(()),
            name => write!(writer, " {name}={value}"),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nothing_that_is_logged_forges_a_line_or_gives_a_terminal_orders() {
        let written = Written::default();
        let writer = written.clone();
        let log = tracing_subscriber::fmt()
            .with_ansi(false)
            .without_time()
            .fmt_fields(one_line())
            .with_writer(move || writer.clone())
            .finish();
        let evil = "a\nERROR forged\u{1b}[2J\u{9b}31m\u{202e}\u{2028}\r";
        tracing::subscriber::with_default(log, || {
            tracing::info_span!("span", %evil)
                .in_scope(|| tracing::info!(shown = %evil, quoted = evil, held = ?[evil], "{evil}"));
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let line = text.strip_suffix('\n').unwrap();
        assert!(!line.contains(crate::print::text::is_order), "{line:?}");
        assert_eq!(line.matches(r"ERROR forged\u{1b}[2J").count(), 5, "{line}");
    }
}
