//! `butler man`: the manual pages, one a command, made of the same words as `--help`.

use std::path::PathBuf;

use clap::Args;

use crate::cli;
use crate::exit::Exit;
use crate::print::error::Trouble;
use crate::print::{Out, words::count};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The folder, as /usr/local/share/man/man1; it is made if it is not there
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub(crate) fn run(arguments: &Arguments, out: Out) -> Result<Exit, Trouble> {
    let folder = &arguments.folder;
    let written = std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(cli::command_without_help(), folder))
        .and_then(|()| std::fs::read_dir(folder));
    let written = written.map_err(|error| {
        Trouble::new(Exit::Failed, format!("No pages can be written into `{}`.", folder.display()))
            .cause(&error)
    })?;
    let pages = written.flatten().filter(|file| file.file_name().to_string_lossy().starts_with("butler"));
    out.remark(format!("`{}` has {} now.", folder.display(), count(pages.count() as u64, "page")));
    Ok(Exit::Done)
}
