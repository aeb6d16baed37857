//! Counts what a run lacks of what it is about: all of the library, a section, some paths or contents of one, or
//! what came since a section's first scan. It asks the library alone, and the disk for blobs that may be lost.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use butler_api::Origin;
use butler_library::{Library, Scope, SectionId, SourceId, StoreError};
use butler_product::ProductKind;
use butler_tasks::Demand;
use jiff::Timestamp;

use super::blob_check;
use crate::engine::event::Gathered;
use crate::run::Run;
use crate::run::brake::Brake;

/// What a run is about, as its lacks are counted.
pub(super) struct Counting {
    section: Option<SectionId>,
    paths: Vec<PathBuf>,
    sources: Vec<SourceId>,
    newcomers_only: bool,
    /// Whether what rests after failures is taken too.
    force: bool,
    brake: Arc<Brake>,
}

impl Counting {
    pub(super) fn of(run: &Run) -> Self {
        Self {
            section: run.ask.section.map(SectionId),
            paths: run.ask.paths.clone(),
            sources: run.ask.sources.iter().copied().map(SourceId).collect(),
            newcomers_only: run.origin == Origin::Asap,
            force: run.tries_again(),
            brake: run.brake(),
        }
    }

    pub(super) fn count(
        &self,
        library: &Library,
        demands: &[Demand],
        now: Timestamp,
    ) -> Result<Gathered, StoreError> {
        let only = self.only(library)?;
        let only = only.as_deref();
        let mut gathered = Gathered::default();
        if self.force {
            self.look_at_blobs(library, demands, only);
        }
        for demand in demands {
            let scope = Scope { only, ..demand.scope(self.section) };
            let lacks = library.lacks(&demand.spec, &scope, now, self.force)?;
            if !self.force {
                gathered.held_back += library.held_back(&demand.spec, &scope, now)?.sources;
            }
            gathered.lacks.push((demand.spec.clone(), lacks.into_iter().map(|lack| lack.source).collect()));
        }
        if self.newcomers_only {
            return only_newcomers(library, gathered);
        }
        Ok(gathered)
    }

    /// The contents that the run is limited to; none: it is not.
    fn only(&self, library: &Library) -> Result<Option<Vec<SourceId>>, StoreError> {
        Ok(match self.section {
            Some(_) if !self.sources.is_empty() => Some(self.sources.clone()),
            Some(section) if !self.paths.is_empty() => Some(library.sources_at(section, &self.paths)?),
            _ => None,
        })
    }

    /// Who starts a task by force has a reason to doubt that its products are there: so the disk is asked, not
    /// the database. In all that the run is about, and until it is stopped.
    fn look_at_blobs(&self, library: &Library, demands: &[Demand], only: Option<&[SourceId]>) {
        let kinds: BTreeSet<ProductKind> =
            demands.iter().map(|demand| demand.spec.kind()).filter(|kind| kind.has_blob()).collect();
        let is_stopping = || self.brake.is_stopping();
        for kind in kinds {
            let looked = match self.section {
                None => library.check_blobs(Some(kind), &is_stopping).map(|check| blob_check::tell(&check)),
                Some(section) => library.check_blobs_of(section, only, &[kind], &is_stopping).map(
                    |lost| tracing::info!(%kind, %section, lost, "the blobs of a section were looked at"),
                ),
            };
            if let Err(error) = looked {
                let cause = &error as &dyn std::error::Error;
                tracing::warn!(%kind, error = cause, "its blobs could not be looked at");
            }
        }
    }
}

/// Of what is lacking, what came after its section's first scan (docs/scheduling.md, rule 7).
fn only_newcomers(library: &Library, gathered: Gathered) -> Result<Gathered, StoreError> {
    let newcomers = library.newcomers()?;
    let mut gathered = Gathered { held_back: 0, newcomers_only: true, ..gathered };
    for (_, sources) in &mut gathered.lacks {
        sources.retain(|source| newcomers.contains(source));
    }
    Ok(gathered)
}
