//! `butler analyse`: the same workers on plain files, without a server. What it prints for programs is told
//! in `docs/analyse.md`.

mod files;
mod gains;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use butler_engine::{Analysed, Analyst, Product, Retagger, Seen};
use butler_product::album_loudness::AlbumLoudness;
use butler_product::loudness::Loudness;
use butler_product::{Failure, ProductKind, Spec, Value};
use clap::Args;
use serde::Serialize;

use crate::exit::Exit;
use crate::print::error::Trouble;
use crate::print::{Colour, Out, Text, json, product, words};
use crate::worker_program;
use files::Found;
use gains::{FileGains, Music, Tags};

/// Make products of plain files, without a server
#[derive(Args)]
pub(crate) struct Arguments {
    /// The files, or folders with media below them; of what lies in a folder each product is made that it can
    /// have
    #[arg(required = true, value_name = "FILE|FOLDER")]
    pub(crate) files: Vec<PathBuf>,

    #[arg(
        long,
        value_name = "PRODUCT",
        value_delimiter = ',',
        help = format!(
            "What to make of them: {} [default: media_info; with --album or --tags: loudness]",
            product::kinds()
        )
    )]
    pub(crate) products: Vec<String>,

    /// The folder for what is made, with the folders below one that was named; made if it is not there
    /// [default: the working folder]
    #[arg(long = "out", value_name = "DIR")]
    pub(crate) out_dir: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) gains: gains::GainArguments,
}

/// One file's results, for programs.
#[derive(Serialize)]
struct FileResult {
    file: String,
    bytes_read: u64,
    products: Vec<ProductResult>,
    /// How loud the files of its folder are as a whole, where that is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    album: Option<AlbumLoudness>,
    /// What became of its tags, where some are to be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<Tags>,
    /// Why the file could not be analysed at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl FileResult {
    /// A file that could not be handed to a worker at all: so that a program finds as many results as it
    /// named files.
    fn unread(file: &Path, error: &dyn std::error::Error) -> Self {
        Self {
            file: file.display().to_string(),
            bytes_read: 0,
            products: Vec::new(),
            album: None,
            tags: None,
            error: Some(error.to_string()),
        }
    }
}

/// One product's result, for programs.
#[derive(Serialize)]
struct ProductResult {
    product: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
    /// The file that holds its pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

pub(crate) fn run(arguments: Arguments, out: Out) -> Result<Exit, Trouble> {
    let Arguments { files, products, out_dir, gains } = arguments;
    let wants = wants(&products, &gains)?;
    // What nobody named is measured for the gains alone, and leaves no file behind.
    let scratch = if products.is_empty() && gains.need_loudness() { Some(scratch()?) } else { None };
    let (files, unlisted) = files::find(&files);
    if files.is_empty() && unlisted.is_empty() {
        return Err(Trouble::new(Exit::NotThere, "There is no media file below what was named.")
            .hint("A file whose name tells nothing is analysed if it is named itself."));
    }
    let has_output =
        |file: &&Found| wants.iter().map(Spec::kind).any(|kind| kind.has_blob() && file.may_have(kind));
    if scratch.is_none() {
        one_name_each(files.iter().filter(has_output))?;
    }
    let out_dir = scratch.as_ref().map(|scratch| scratch.path().to_owned()).or(out_dir);
    let out_dir = out_dir.unwrap_or_else(|| PathBuf::from("."));
    let threads = std::thread::available_parallelism()
        .map_or(1, |cores| u16::try_from(cores.get()).unwrap_or(u16::MAX));
    let program = worker_program::find()?;
    let mut retagger = Retagger::new(program.clone());
    let mut analyst = Analyst::new(program, threads);
    let mut music = Vec::new();
    let mut exit = Exit::Done;
    let mut results = Vec::new();
    for (folder, error) in &unlisted {
        if out.json {
            results.push(FileResult::unread(folder, error));
        }
        let trouble =
            Trouble::new(Exit::Failed, format!("`{}` can't be listed.", folder.display())).cause(error);
        exit = exit.worse(trouble.print());
    }
    for found in &files {
        let file = &found.path;
        let wants: Vec<Spec> = wants.iter().filter(|want| found.may_have(want.kind())).cloned().collect();
        if wants.is_empty() {
            continue;
        }
        let seen = Seen::now(file);
        match analyst.analyse(file, &wants, &out_dir.join(&found.below), &mut |_| {}) {
            Ok(analysed) => {
                if gains.need_loudness() && found.may_be_music() {
                    music.push(Music { path: file.clone(), seen, loudness: loudness(&analysed) });
                }
                if analysed.results.iter().any(|(_, result)| result.is_err()) {
                    exit = exit.worse(Exit::Failed);
                }
                if out.json {
                    results.push(file_result(file, analysed));
                } else {
                    show(file, &analysed, out)?;
                }
            }
            Err(error) => {
                if gains.need_loudness() && found.may_be_music() {
                    music.push(Music { path: file.clone(), seen, loudness: None });
                }
                if out.json {
                    results.push(FileResult::unread(file, &error));
                }
                let how = if file.exists() { Exit::Failed } else { Exit::NotThere };
                let trouble =
                    Trouble::new(how, format!("`{}` was not analysed.", file.display())).cause(&error);
                exit = exit.worse(trouble.print());
            }
        }
    }
    drop(analyst);
    for (file, gains) in gains::of_files(&gains, &music, &mut retagger) {
        if gains.tags.as_ref().is_some_and(|tags| tags.why.is_some()) {
            exit = exit.worse(Exit::Failed);
        }
        if !out.json {
            show_gains(file, &gains, out)?;
            continue;
        }
        let name = file.display().to_string();
        if let Some(result) = results.iter_mut().find(|result| result.file == name) {
            (result.album, result.tags) = (gains.album, gains.tags);
        }
    }
    if out.json {
        json::print(&results)?;
    }
    Ok(exit)
}

/// What is to be made: what was named, and what gains need.
fn wants(products: &[String], gains: &gains::GainArguments) -> Result<Vec<Spec>, Trouble> {
    let default = if products.is_empty() && !gains.need_loudness() { Some("media_info") } else { None };
    let needed = gains.need_loudness().then_some("loudness");
    let mut wants = Vec::new();
    for name in products.iter().map(String::as_str).chain(default).chain(needed) {
        let want = want(name)?;
        if !wants.contains(&want) {
            wants.push(want);
        }
    }
    Ok(wants)
}

fn scratch() -> Result<tempfile::TempDir, Trouble> {
    let scratch = tempfile::Builder::new().prefix("butler-analyse-").tempdir();
    scratch.map_err(|error| Trouble::new(Exit::Failed, "No temporary folder can be made.").cause(&error))
}

fn loudness(analysed: &Analysed) -> Option<Loudness> {
    let made = |(_, result): &(Spec, Result<Product, Failure>)| result.as_ref().ok()?.value.get().cloned();
    analysed.results.iter().find_map(made)
}

fn show_gains(file: &Path, FileGains { album, tags }: &FileGains, out: Out) -> Result<(), Trouble> {
    out.line(format_args!("{}", file.display()))?;
    if let Some(album) = album {
        out.line(format_args!("  album_loudness: {}", product::summary(&Value::from(*album))))?;
    }
    if let Some(tags) = tags {
        let words = format!("  tags: {}", tags.words());
        out.line(if tags.why.is_some() { Text::painted(&words, Colour::Red) } else { Text::from(words) })?;
    }
    Ok(())
}

/// What is made of a file is named after it: two of one name would be written over one another.
fn one_name_each<'a>(files: impl Iterator<Item = &'a Found>) -> Result<(), Trouble> {
    let mut seen = HashMap::new();
    for Found { path: file, below, .. } in files {
        if let Some(other) = seen.insert((below, file.file_stem()), file) {
            let sentence = format!(
                "What is made of `{}` and `{}` would have the same name.",
                other.display(),
                file.display()
            );
            return Err(Trouble::new(Exit::Usage, sentence)
                .hint("Analyse them one after the other, each with an --out of its own."));
        }
    }
    Ok(())
}

fn want(name: &str) -> Result<Spec, Trouble> {
    let kind: ProductKind = name
        .trim()
        .parse()
        .map_err(|error| Trouble::new(Exit::Usage, "The products are not known.").cause(&error))?;
    if kind.is_derived() {
        let sentence = format!("{kind} is derived of what was made of other files.");
        return Err(
            Trouble::new(Exit::Usage, sentence).hint("The server derives it; `butler show` shows it.")
        );
    }
    Ok(Spec::of(kind))
}

fn file_result(file: &Path, analysed: Analysed) -> FileResult {
    let product = |(spec, result): (Spec, Result<Product, Failure>)| {
        let product = spec.kind().as_str();
        match result {
            Ok(Product { value, file }) => {
                let output = file.map(|path| path.display().to_string());
                ProductResult { product, value: Some(value), output, class: None, error: None }
            }
            Err(failure) => ProductResult {
                product,
                value: None,
                output: None,
                class: Some(failure.class.as_str()),
                error: Some(failure.sentence),
            },
        }
    };
    FileResult {
        file: file.display().to_string(),
        bytes_read: analysed.bytes_read,
        products: analysed.results.into_iter().map(product).collect(),
        album: None,
        tags: None,
        error: None,
    }
}

fn show(file: &Path, analysed: &Analysed, out: Out) -> Result<(), Trouble> {
    out.line(format_args!("{} ({} read)", file.display(), words::bytes(analysed.bytes_read)))?;
    for (spec, result) in &analysed.results {
        let name = spec.kind().as_str();
        match result {
            Ok(Product { value, file }) => {
                let place = file.as_ref().map(|path| format!(" → {}", path.display())).unwrap_or_default();
                out.line(format_args!("  {name}: {}{place}", product::summary(value)))?;
            }
            Err(failure) => out.line(
                Text::from(format!("  {name}: ")).then(Text::painted(&failure.sentence, Colour::Red)),
            )?,
        }
    }
    Ok(())
}
