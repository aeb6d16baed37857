//! Where the worker's executable is: beside this one, as both are installed together.

use std::path::PathBuf;

use crate::exit::Exit;
use crate::print::error::Trouble;

const NAME: &str = "butler-worker";

/// The worker's executable.
pub(crate) fn find() -> Result<PathBuf, Trouble> {
    let own = std::env::current_exe()?;
    let path = own.with_file_name(NAME);
    if path.is_file() {
        return Ok(path);
    }
    Err(Trouble::new(Exit::Failed, format!("The worker's executable `{}` is missing.", path.display())).hint(
        "Install `butler` and `butler-worker` in one folder, both from the same release; in a checkout, \
         `cargo build -p butler -p butler-worker`.",
    ))
}
