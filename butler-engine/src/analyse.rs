//! The same workers on plain files, without server or library: for a look at what Butler makes of a file.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

use butler_library::open_regular;
use butler_product::bandwidth::Summary;
use butler_product::message::{FromWorker, Limits, Order};
use butler_product::{Failure, Spec, Value};

use crate::door::surroundings::Patience;
use crate::unit::media_file;
use crate::workers::{Arrived, Ending, Interrupts, Process, StartError, checked};

/// Why a file could not even be handed to a worker.
#[derive(Debug, thiserror::Error)]
pub enum AnalyseError {
    /// It can't be opened.
    #[error("could not open `{}`", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// It is a folder, a pipe or the like.
    #[error("`{}` is not a regular file", path.display())]
    NotAFile {
        /// What was named.
        path: PathBuf,
    },
    /// The product can't be written.
    #[error("could not write `{}`", path.display())]
    Write {
        /// The product's file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// No worker can be had.
    #[error(transparent)]
    Worker(#[from] StartError),
}

/// What a worker made of one file.
#[derive(Debug)]
pub struct Analysed {
    /// Each product that was wanted, or why it could not be made.
    pub results: Vec<(Spec, Result<Product, Failure>)>,
    /// Bytes read from the file.
    pub bytes_read: u64,
}

/// One product of a file.
#[derive(Debug)]
pub struct Product {
    /// Its value.
    pub value: Value,
    /// The file that holds its pictures, where it has any.
    pub file: Option<PathBuf>,
}

/// Keeps a worker warm for one file after the other.
pub struct Analyst {
    program: PathBuf,
    threads: u16,
    process: Option<Process>,
    units: u64,
}

/// A product's file that is not whole yet; removed unless it becomes so.
struct Draft {
    file: File,
    path: PathBuf,
    target: PathBuf,
    kept: bool,
}

impl Analyst {
    /// An analyst with a worker of this executable, which may work with so many threads on a file.
    pub const fn new(worker_program: PathBuf, threads: u16) -> Self {
        Self { program: worker_program, threads, process: None, units: 0 }
    }

    /// Has a worker make products of a file. Those with pictures are written to the folder `out`, named as
    /// the file with the product's extension, over an older one. `hear` is told the bytes read, now and then.
    /// The folder is made if it is not there and something is written to it.
    ///
    /// # Errors
    /// If the file can't be opened, a product's file can't be written, or no worker can be started.
    pub fn analyse(
        &mut self,
        path: &Path,
        wants: &[Spec],
        out: &Path,
        hear: &mut dyn FnMut(u64),
    ) -> Result<Analysed, AnalyseError> {
        let media = open(path)?;
        let size_bytes =
            media.metadata().map_err(|source| AnalyseError::Open { path: path.to_owned(), source })?.len();
        if wants.iter().any(|want| want.kind().has_blob()) {
            fs::create_dir_all(out).map_err(|source| AnalyseError::Write { path: out.to_owned(), source })?;
        }
        let mut drafts: Vec<Option<Draft>> =
            wants.iter().map(|want| Draft::of(want, path, out)).collect::<Result<_, _>>()?;
        let worker = match self.process.take() {
            Some(process) => self.process.insert(process),
            None => self.process.insert(Process::start(&self.program, Patience::default())?),
        };
        self.units += 1;
        let order = Order {
            unit: self.units,
            extension: media_file::extension(path),
            size_bytes,
            wants: wants.to_vec(),
            media_info: None,
            threads: self.threads,
            limits: Limits::default(),
            max_bytes_per_second: None,
        };
        let outputs = drafts.iter().flatten().map(|draft| draft.file.as_fd());
        let descriptors: Vec<BorrowedFd<'_>> = std::iter::once(media.as_fd()).chain(outputs).collect();
        let mut arrived = Arrived::new(wants);
        let orders = vec![(order, descriptors)];
        let endings = worker.execute(orders, &Interrupts::default(), &mut |message| match message {
            FromWorker::Progress { bytes_read, .. } => hear(bytes_read),
            message => arrived.take(message),
        });
        let (bytes_read, fallen) = match endings.into_iter().next() {
            Some(Ending::Ended { bytes_read, .. }) => (bytes_read, None),
            Some(Ending::Fell { sentence, bytes_read, .. }) => (bytes_read, Some(sentence)),
            Some(Ending::NotBegun) | None => (0, None),
        };
        let (mut answers, fault) =
            checked(wants, arrived.into_answers(), |want| Some(drafts.get(want)?.as_ref()?.written()));
        let trouble = fallen.or(fault);
        if trouble.is_some() {
            self.process = None;
        }
        let silence = trouble.unwrap_or_else(|| "The worker ended its work without a result.".to_owned());
        let mut results = Vec::with_capacity(wants.len());
        for ((place, want), draft) in wants.iter().enumerate().zip(&mut drafts) {
            let answer = answers
                .iter()
                .position(|(answered, _)| *answered == place)
                .map(|at| answers.swap_remove(at).1);
            let result = match answer.unwrap_or_else(|| Err(Failure::worker(silence.clone()))) {
                Ok((value, _)) => {
                    let whole = draft.take().filter(|_| !matches!(value, Value::Nothing { .. }));
                    Ok(Product { value, file: whole.map(Draft::keep).transpose()? })
                }
                Err(failure) => Err(failure),
            };
            results.push((want.clone(), result));
        }
        learn_length(&mut results);
        Ok(Analysed { results, bytes_read })
    }
}

/// Where the headers state no length, they show the one that reading the file to its end found.
fn learn_length(results: &mut [(Spec, Result<Product, Failure>)]) {
    let made = |(_, result): &(Spec, Result<Product, Failure>)| result.as_ref().ok()?.value.get().cloned();
    let Some(Summary { duration_ms, .. }) = results.iter().find_map(made) else { return };
    for (_, result) in results {
        if let Ok(Product { value: Value::MediaInfo(info), .. }) = result {
            info.learn_length(duration_ms);
        }
    }
}

fn open(path: &Path) -> Result<File, AnalyseError> {
    open_regular(path).map_err(|source| match source.kind() {
        io::ErrorKind::InvalidInput => AnalyseError::NotAFile { path: path.to_owned() },
        _ => AnalyseError::Open { path: path.to_owned(), source },
    })
}

impl Draft {
    /// The draft of a want that has a blob.
    fn of(want: &Spec, media: &Path, out: &Path) -> Result<Option<Self>, AnalyseError> {
        let Some(extension) = want.kind().blob_extension() else { return Ok(None) };
        let stem = media.file_stem().unwrap_or(media.as_os_str());
        let mut name = stem.to_owned();
        name.push(format!(".{extension}"));
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(&name);
        hidden.push(format!(".{}", std::process::id()));
        let (path, target) = (out.join(hidden), out.join(name));
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path);
        let file = file.map_err(|source| AnalyseError::Write { path: target.clone(), source })?;
        Ok(Some(Self { file, path, target, kept: false }))
    }

    /// Bytes that lie in it; one that can't be looked at holds nothing that could be kept.
    fn written(&self) -> u64 {
        self.file.metadata().map_or(0, |metadata| metadata.len())
    }

    fn keep(mut self) -> Result<PathBuf, AnalyseError> {
        let kept = self.file.sync_all().and_then(|()| fs::rename(&self.path, &self.target));
        kept.map_err(|source| AnalyseError::Write { path: self.target.clone(), source })?;
        self.kept = true;
        Ok(self.target.clone())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.kept {
            // What can't be removed lies hidden and does no harm.
            let _ = fs::remove_file(&self.path);
        }
    }
}
