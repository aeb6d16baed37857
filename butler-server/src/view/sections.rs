//! Sections that are added, and scans that are asked for.

use std::path::{Path, PathBuf};

use butler_engine::StartReply;
use butler_library::{NewSection, Section, SectionId};

use crate::app::App;
use crate::error::Problem;

/// Adds a section and, unless it shall be left for now, asks for its scan: its id, and what became of the
/// scan. That the section is stored stands, whatever that is.
pub(crate) async fn add(
    app: &App,
    new: NewSection,
    is_to_be_scanned: bool,
) -> Result<(SectionId, Option<Result<StartReply, Problem>>), Problem> {
    let now = app.now();
    let id = app.library(move |library| library.add_section(new, now)).await?;
    app.handle.sections_changed();
    let reply = if is_to_be_scanned { Some(scan(app, id.0).await) } else { None };
    Ok((id, reply))
}

/// What is to be said of a folder that would be a section's: that it is a section's already, lies in those of
/// other sections, or around them.
pub(crate) fn nested(sections: &[Section], folder: &Path) -> Vec<String> {
    let roots = sections.iter().flat_map(|other| other.roots.iter().map(move |root| (other, &root.path)));
    let said = |(other, root): (&Section, &PathBuf)| match root == folder {
        true => Some(format!("It is a folder of the section `{}` (id {}) already.", other.name, other.id)),
        false => butler_api::nested(folder, &other.name, root),
    };
    roots.filter_map(said).collect()
}

/// Asks for a scan of a section.
pub(crate) async fn scan(app: &App, section: i64) -> Result<StartReply, Problem> {
    let unknown = || Problem::not_found("This server has no task that scans.");
    app.handle.refresh(section, Vec::new()).await?.ok_or_else(unknown)
}
