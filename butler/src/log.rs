//! The log: lines to the standard error. A thread of its own writes them, so that a terminal that was closed,
//! a full disk or a reader that stands still costs lines of the log and nothing else.

use std::io;

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use crate::log_fields;
use crate::print::{Stream, may_colour};

/// So many lines wait for the standard error; further ones are lost.
const LINES_KEPT: usize = 8_192;

/// Begins the log. BUTLER_LOG says how much there is, as in `info` or `butler_engine=debug`. What waits is
/// written when the guard is dropped.
#[expect(clippy::disallowed_methods, reason = "its fields are clean by `log_fields`")]
pub(crate) fn begin() -> WorkerGuard {
    let filter = EnvFilter::try_from_env("BUTLER_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let (lines, guard) = NonBlockingBuilder::default()
        .buffered_lines_limit(LINES_KEPT)
        .thread_name("log")
        .finish(io::stderr());
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(may_colour(Stream::Aside))
        .fmt_fields(log_fields::one_line());
    let log = log.with_writer(lines);
    // The library's own words about lines that it could not write go to the standard error too, and panic
    // where that is gone. A second subscriber in one process is no trouble of the user's.
    let _ = log.log_internal_errors(false).try_init();
    guard
}
