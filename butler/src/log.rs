//! The log: lines to the standard error, and to a file in the data folder. A thread of its own writes each,
//! so that a terminal that was closed, a full disk or a reader that stands still costs lines of the log and
//! nothing else.

use std::io;

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::log_fields;
use crate::log_file::{LogFile, LogPlace};
use crate::print::{Stream, may_colour};

/// So many lines wait for the standard error, and for the file; further ones are lost.
const LINES_KEPT: usize = 8_192;

/// The log, as long as it is kept; what waits is written when it is dropped.
pub(crate) struct Log {
    /// Where its file lies, once that is known.
    pub(crate) place: LogPlace,
    _threads: [WorkerGuard; 2],
}

/// Begins the log. BUTLER_LOG says how much there is, as in `info` or `butler_engine=debug`.
#[expect(clippy::disallowed_methods, reason = "its fields are clean by `log_fields`")]
pub(crate) fn begin() -> Log {
    let asked = std::env::var("BUTLER_LOG").unwrap_or_default();
    let filter = EnvFilter::try_new(if asked.is_empty() { "info" } else { &asked });
    let is_unread = filter.is_err();
    let place = LogPlace::default();
    let thread = |name| NonBlockingBuilder::default().buffered_lines_limit(LINES_KEPT).thread_name(name);
    let (lines, aside) = thread("log").finish(io::stderr());
    let (file, in_file) = thread("log file").finish(LogFile::new(place.clone()));
    let aside_layer = layer()
        .fmt_fields(log_fields::one_line())
        .with_ansi(may_colour(Stream::Aside))
        // The library's own words about lines that it could not write go to the standard error too, and panic
        // where that is gone.
        .log_internal_errors(false)
        .with_writer(lines);
    let file_layer = layer()
        .fmt_fields(log_fields::one_line())
        .with_ansi(false)
        .log_internal_errors(false)
        .with_writer(file);
    // A second subscriber in one process is no trouble of the user's.
    let _ = tracing_subscriber::registry()
        .with(filter.unwrap_or_else(|_| EnvFilter::new("info")))
        .with(aside_layer)
        .with(file_layer)
        .try_init();
    if is_unread {
        tracing::warn!(
            asked,
            "BUTLER_LOG is no filter; it takes a level, as `debug`, or some, as `butler_engine=debug`"
        );
    }
    Log { place, _threads: [aside, in_file] }
}
