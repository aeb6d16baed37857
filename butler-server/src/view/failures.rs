//! Failures as they are shown: which product could not be made of which file, why, and when it is tried
//! again.

use std::collections::HashMap;

use butler_api::v1::{Failure, FailureGroup, FailureSummary, Failures, LocalTime, Retried};
use butler_api::{RunId, TaskName};
use butler_engine::PlanBasis;
use butler_library::{FailureFilter, FailureId, FailurePlace, FailureRow, Library, StoreError};
use butler_product::ProductKind;
use jiff::Timestamp;

use crate::app::App;
use crate::error::Problem;
use crate::params::Page;

/// What stands for the product where a file or folder itself could not be read.
pub(crate) const OF_PATH: &str = "scan";

/// Which failures are asked for.
#[derive(Default)]
pub(crate) struct Asked {
    /// Only those behind a mark.
    pub(crate) before: Option<FailurePlace>,
    /// Only those before a mark.
    pub(crate) after: Option<FailurePlace>,
    /// Only those of products that this task makes.
    pub(crate) task: Option<TaskName>,
    /// Only those that this run met last.
    pub(crate) run: Option<RunId>,
}

/// A page of the failures that stand, newest first.
pub(crate) async fn list(app: &App, asked: Asked, page: Page) -> Result<Failures, Problem> {
    let Asked { before, after, task, run } = asked;
    let is_marked = before.is_some() || after.is_some();
    let kinds = task.map(|task| kinds_of(app, &task)).transpose()?;
    let filter = FailureFilter { before, after, kinds, run };
    let (rows, total) = app
        .library(move |library| {
            let rows = library.failures_like(&filter, page.start.into(), page.size.into())?;
            let total = if is_marked { None } else { Some(library.count_failures(&filter)?) };
            Ok::<_, StoreError>((rows, total))
        })
        .await?;
    let next = rows.last().filter(|_| rows.len() == page.size as usize).map(|last| last.place().to_string());
    let mut nights = Nights::new(app.handle.plan_basis().await?);
    Ok(Failures { failures: rows.into_iter().map(|row| failure(row, &mut nights)).collect(), total, next })
}

/// The products that a task makes; none stands for what scans could not read.
fn kinds_of(app: &App, task: &TaskName) -> Result<Vec<Option<ProductKind>>, Problem> {
    if app.handle.settings_of(task).is_empty() {
        return Err(Problem::not_found(format!(
            "There is no task `{task}`; `GET /butler` lists those there are."
        )));
    }
    let kinds = ProductKind::ALL.into_iter().map(Some).chain([None]);
    Ok(kinds.filter(|kind| app.handle.makers(*kind).contains(&task)).collect())
}

/// The failures that stand, by product and sentence.
pub(crate) async fn summary(app: &App) -> Result<FailureSummary, Problem> {
    let summary = app.library(Library::failure_summary).await?;
    let group = |group: butler_library::FailureGroup| FailureGroup {
        product: group.kind.map_or(OF_PATH, ProductKind::as_str).into(),
        tasks: app.handle.makers(group.kind).into_iter().cloned().collect(),
        class: group.class.as_str().into(),
        error: group.sentence,
        failures: group.failures,
        files: group.files,
        resting: group.resting,
        newest: group.newest,
    };
    let butler_library::FailureSummary { failures, files, groups, group_count } = summary;
    Ok(FailureSummary { failures, files, groups: groups.into_iter().map(group).collect(), group_count })
}

/// Lifts the back-off of the failure of an id in an address; the failure then.
pub(crate) async fn retried(app: &App, id: &str) -> Result<Failure, Problem> {
    let mut nights = Nights::new(app.handle.plan_basis().await?);
    Ok(failure(lifted(app, id).await?, &mut nights))
}

async fn lifted(app: &App, id: &str) -> Result<FailureRow, Problem> {
    let unknown = || Problem::not_found(format!("There is no failure {id}."));
    let failure: FailureId = id.parse().map_err(|_| unknown())?;
    let now = app.now();
    let row = app
        .library(move |library| {
            library.retry_failure(failure, now)?;
            library.failure(failure)
        })
        .await?;
    row.ok_or_else(unknown)
}

/// The same in one sentence.
pub(crate) async fn retry(app: &App, id: &str) -> Result<Retried, Problem> {
    let row = lifted(app, id).await?;
    let message = match row.kind {
        Some(kind) if row.file_count > 1 => {
            format!(
                "The next run that wants {kind} of `{}`, which {} files hold, tries again.",
                row.path.display(),
                row.file_count
            )
        }
        Some(kind) => format!("The next run that wants {kind} of `{}` tries again.", row.path.display()),
        None => format!("The next scan tries `{}` again.", row.path.display()),
    };
    Ok(Retried { id: row.id.0, message })
}

/// The nights in which failures are tried again, each reckoned once.
pub(crate) struct Nights {
    basis: PlanBasis,
    known: HashMap<(Option<ProductKind>, Timestamp), Option<LocalTime>>,
}

impl Nights {
    pub(super) fn new(basis: PlanBasis) -> Self {
        Self { basis, known: HashMap::new() }
    }

    fn of(&mut self, row: &FailureRow) -> Option<LocalTime> {
        let at = row.next_try_at?;
        let Self { basis, known } = self;
        *known.entry((row.kind, at)).or_insert_with(|| {
            basis.next_try(row.kind, at).map(|night| LocalTime::of(night.from, basis.zone()))
        })
    }
}

pub(crate) fn failure(row: FailureRow, nights: &mut Nights) -> Failure {
    Failure {
        id: row.id.0,
        next_try: nights.of(&row),
        product: row.kind.map_or(OF_PATH, |kind| kind.as_str()).into(),
        part: row.path.to_string_lossy().into_owned(),
        files: row.files.iter().map(|path| path.to_string_lossy().into_owned()).collect(),
        file_count: row.file_count,
        part_id: row.part.map(|part| part.0),
        class: row.class.as_str().into(),
        error: row.sentence,
        tries: row.tries,
        next_try_at: row.next_try_at,
        failed_at: row.failed_at,
        run: row.run.map(|run| run.0),
    }
}
