//! The worker's executable: reads media files inside a sandbox, for the server that starts it.
//!
//! It takes no argument and no environment: the server's socket is its standard input. Everything else is
//! `butler_media`.

use std::io::{Write, stderr};
use std::process::ExitCode;

use butler_media::{WorkerError, engine_socket, run_worker};

fn main() -> ExitCode {
    match engine_socket().and_then(run_worker) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "words of this program, and no stranger's")]
fn complain(error: &WorkerError) {
    // The last words; a standard error that is gone hears none.
    let _ = match error {
        WorkerError::NotStartedByServer => writeln!(
            stderr(),
            "`butler-worker` reads media files for `butler`, which starts it by itself; there is nothing to \
             do with it by hand. Run `butler serve`, or `butler analyse FILE` to look at a single file."
        ),
        WorkerError::Channel(cause) => writeln!(stderr(), "butler-worker: {error}: {cause}"),
    };
}
