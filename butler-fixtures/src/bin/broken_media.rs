//! `broken-media FOLDER COUNT SEED [NAME]` writes broken media files into a folder, or one of them by its
//! name, to look at what failed in a test.
//!
//! Never overwrites what it did not write itself: the folder is to be a new or an empty one. The whole films
//! that it breaks are kept in `FOLDER/.whole`.
#![expect(clippy::print_stdout, reason = "a command that says what it does")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use butler_fixtures::{Broken, Corpus, age};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, count, seed, name @ ..] = &arguments[..] else {
        println!("Say where, how many and which: broken-media FOLDER COUNT SEED [NAME]");
        return ExitCode::from(2);
    };
    match write(Path::new(folder), count, seed, name.first()) {
        Ok(files) => {
            println!("{files} broken files in {folder}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("The broken files were not made: {error:#}.");
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &Path, count: &str, seed: &str, name: Option<&String>) -> Result<usize> {
    let count = count.parse().with_context(|| format!("`{count}` is no number"))?;
    let seed = seed.parse().with_context(|| format!("`{seed}` is no number"))?;
    let corpus = Corpus::open(&folder.join(".whole"), &folder.join(".whole/bait.mkv"))?;
    let cases: Vec<Broken> = match name {
        Some(name) => vec![corpus.case(seed, name)?],
        None => corpus.cases(seed, count).collect::<Result<_>>()?,
    };
    for case in &cases {
        let path: PathBuf = folder.join(case.file_name());
        fs::write(&path, &case.bytes)?;
        age(&path)?;
    }
    Ok(cases.len())
}
