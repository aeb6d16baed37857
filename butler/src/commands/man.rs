//! `butler man`: the manual pages, one a command, made of the same words as `--help`.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use crate::cli;
use crate::exit::{self, Exit};
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
    let mut command = cli::command_for_pages();
    // So that each command knows its whole name.
    command.build();
    let written = std::fs::create_dir_all(folder).and_then(|()| pages(&command, folder));
    let written = written.map_err(|error| {
        Trouble::new(Exit::Failed, format!("No pages can be written into `{}`.", folder.display()))
            .cause(&error)
    })?;
    out.remark(format!("`{}` has {} now.", folder.display(), count(written, "page")));
    Ok(Exit::Done)
}

/// Writes a command's page and those of all below it; how many.
fn pages(command: &Command, folder: &Path) -> io::Result<u64> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    let mut file = BufWriter::new(File::create(folder.join(format!("{name}.1")))?);
    file.write_all(&page(command)?)?;
    file.flush()?;
    let mut written = 1;
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        written += pages(below, folder)?;
    }
    Ok(written)
}

fn page(command: &Command) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page)?;
    let mut status = Roff::new();
    status.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in exit::codes() {
        status.control("TP", []);
        status.text([roman(code)]);
        status.text([roman(meaning)]);
    }
    page.extend(status.to_roff().into_bytes());
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_page_says_once_what_the_exit_codes_mean() {
        let mut command = cli::command_for_pages();
        command.build();
        let start = command.find_subcommand("start").unwrap();
        for command in [&command, start] {
            let page = String::from_utf8(page(command).unwrap()).unwrap();
            assert_eq!(page.matches("EXIT STATUS").count(), 1);
            assert!(page.contains(".TP\n130\nCtrl\\-C while waiting; the runs go on.\n"), "{page}");
            assert!(!page.contains("Exit codes:"), "{page}");
        }
    }
}
