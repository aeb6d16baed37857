//! An error with all that lies beneath it, as one line for a run's reason or the log.

use std::error::Error;

/// What a run says that ended by a panic.
pub(crate) const OWN_FAULT: &str =
    "It failed by a fault in Butler itself. Please report it, with the server's log.";

/// `could not publish: the disk is full: no space left on device`.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        // Some libraries repeat their cause in their own words.
        if !line.ends_with(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        next = cause.source();
    }
    line
}
