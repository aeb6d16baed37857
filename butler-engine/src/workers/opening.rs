//! Opens all that a worker is handed of a unit: one of the files that hold its source, an output for each
//! product with a blob, and what the headers say where that is known.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use butler_library::{BlobError, Library, SourceFile, Staged, StoredProduct};
use butler_product::media_info::MediaInfo;
use butler_product::message::{Limits, Order};
use butler_product::{Failure, Spec};

use crate::error_chain::with_causes;
use crate::unit::backlog::UnitPlan;
use crate::unit::media_file::{self, OpenError};
use crate::unit::{Spent, UnitJob, UnitOutcome, UnitOver};

/// A unit that can't even begin.
pub(super) enum NotBegun {
    /// The file can't be read, and its root is there.
    Unreadable(Failure),
    /// Its root is away, or no file holds the source any more.
    Left { root: Option<String> },
    /// Nothing can be done at all.
    Impossible(String),
}

impl NotBegun {
    /// The end of such a unit.
    pub(super) fn over(self, plan: &UnitPlan) -> UnitOver {
        let (answers, end) = match self {
            Self::Unreadable(failure) => {
                ((0..plan.wants.len()).map(|want| (want, Err(failure.clone()))).collect(), UnitOutcome::Done)
            }
            Self::Left { root } => (Vec::new(), UnitOutcome::Left { root }),
            Self::Impossible(sentence) => (Vec::new(), UnitOutcome::Impossible { sentence }),
        };
        UnitOver { answers, bytes_read: 0, spent: Spent::default(), end }
    }
}

/// The open media file of a unit.
pub(super) struct Media {
    pub(super) file: SourceFile,
    pub(super) descriptor: Arc<File>,
}

/// Where a worker writes a product's blob.
pub(super) struct Output {
    pub(super) staged: Staged,
    descriptor: OwnedFd,
}

impl Output {
    fn new(library: &Library) -> Result<Self, BlobError> {
        let staged = library.blobs().staged()?;
        Ok(Self { descriptor: staged.descriptor()?, staged })
    }

    /// Bytes that lie in it; one that can't be looked at holds nothing that could be kept.
    pub(super) fn written(&self) -> u64 {
        self.staged.file().metadata().map_or(0, |metadata| metadata.len())
    }
}

/// A unit with all that its worker is handed.
pub(super) struct Opened {
    pub(super) media: Media,
    /// By want; none for one without a blob.
    pub(super) outputs: Vec<Option<Output>>,
    pub(super) media_info: Option<Box<MediaInfo>>,
}

impl Opened {
    /// How long the media lasts, where that was known before.
    pub(super) fn known_ms(&self) -> Option<u64> {
        self.media_info.as_ref().and_then(|info| info.duration_ms)
    }

    /// The order for the worker, with the descriptors that ride along.
    pub(super) fn order(&self, plan: &UnitPlan, job: &UnitJob) -> (Order, Vec<BorrowedFd<'_>>) {
        let order = Order {
            unit: plan.unit,
            extension: media_file::extension(&self.media.file.path),
            size_bytes: self.media.file.size,
            wants: plan.wants.clone(),
            media_info: self.media_info.clone(),
            threads: job.threads,
            limits: Limits::default(),
            max_bytes_per_second: job.max_bytes_per_second,
        };
        let outputs = self.outputs.iter().flatten().map(|output| output.descriptor.as_fd());
        (order, std::iter::once(self.media.descriptor.as_fd()).chain(outputs).collect())
    }
}

/// Opens what belongs to each of these units, in their order.
pub(super) fn open_each(library: &Library, plans: &[UnitPlan]) -> Vec<Result<Opened, NotBegun>> {
    let sources: Vec<_> = plans.iter().map(|plan| plan.source).collect();
    let files = match library.files_of_each(&sources) {
        Ok(files) => files,
        Err(error) => {
            let sentence = unread(&error);
            return plans.iter().map(|_| Err(NotBegun::Impossible(sentence.clone()))).collect();
        }
    };
    let first_files: Vec<&SourceFile> = files.iter().filter_map(|files| files.first()).collect();
    let mut first_opened = media_file::open_each(library, &first_files).into_iter();
    let open_one = |(plan, files): (&UnitPlan, &Vec<SourceFile>)| {
        let first = if files.is_empty() { None } else { first_opened.next() };
        let media = first.map_or(Err(NotBegun::Left { root: None }), |first| media(library, files, first))?;
        Ok(Opened { media, outputs: outputs(library, plan)?, media_info: known_media_info(library, plan)? })
    };
    plans.iter().zip(&files).map(open_one).collect()
}

/// One of the files that hold a source, as it was when it was scanned. The first was tried already.
fn media(library: &Library, files: &[SourceFile], first: Result<File, OpenError>) -> Result<Media, NotBegun> {
    let (mut troubles, mut first) = (Vec::new(), Some(first));
    for file in files {
        match first.take().unwrap_or_else(|| media_file::open(library, file)) {
            Ok(descriptor) => return Ok(Media { file: file.clone(), descriptor: Arc::new(descriptor) }),
            Err(error) => {
                let cause = &error as &dyn std::error::Error;
                tracing::debug!(file = %file.path.display(), error = cause, "not readable");
                troubles.push((file, error));
            }
        }
    }
    let Some((_, error)) = troubles.last() else { return Err(NotBegun::Left { root: None }) };
    // As long as one of its roots is away the content may well be there.
    match troubles.iter().find(|(file, _)| media_file::is_root_away(library, file)) {
        Some((file, _)) => Err(NotBegun::Left { root: Some(file.root_path.display().to_string()) }),
        None => Err(NotBegun::Unreadable(Failure::source(error.sentence()))),
    }
}

/// One staged file for each want that has a blob, in the order of the wants.
fn outputs(library: &Library, plan: &UnitPlan) -> Result<Vec<Option<Output>>, NotBegun> {
    let output = |want: &Spec| want.kind().has_blob().then(|| Output::new(library)).transpose();
    let outputs: Result<Vec<_>, _> = plan.wants.iter().map(output).collect();
    outputs
        .map_err(|error| NotBegun::Impossible(format!("No output could be made: {}.", with_causes(&error))))
}

/// What the headers say, where a product is made of that and it is not read anew.
fn known_media_info(library: &Library, plan: &UnitPlan) -> Result<Option<Box<MediaInfo>>, NotBegun> {
    let is_needed = plan.wants.iter().any(|want| want.kind().is_made_after_headers());
    if !is_needed || plan.wants.contains(&Spec::MediaInfo) {
        return Ok(None);
    }
    let stored = library.product_of::<MediaInfo>(plan.source);
    let stored = stored.map_err(|error| NotBegun::Impossible(unread(&error)))?;
    Ok(stored.filter(StoredProduct::is_usable).map(|stored| Box::new(stored.value)))
}

fn unread(error: &butler_library::StoreError) -> String {
    format!("The library could not be read: {}.", with_causes(error))
}
