//! Sections that are added, and scans that are asked for.

use butler_engine::{RefreshRequest, StartReply};
use butler_library::{NewSection, SectionId};

use crate::app::App;
use crate::error::Problem;

/// Adds a section and, unless it shall be left for now, has it scanned: its id, and what became of the scan.
pub(crate) async fn add(
    app: &App,
    new: NewSection,
    is_to_be_scanned: bool,
) -> Result<(SectionId, Option<StartReply>), Problem> {
    let now = app.now();
    let id = app.library(move |library| library.add_section(new, now)).await?;
    app.handle.sections_changed();
    let reply = if is_to_be_scanned { Some(scan(app, id.0).await?) } else { None };
    Ok((id, reply))
}

/// Asks for a scan of a section.
pub(crate) async fn scan(app: &App, section: i64) -> Result<StartReply, Problem> {
    let request = RefreshRequest { section, paths: Vec::new() };
    let unknown = || Problem::not_found("This server has no task that scans.");
    app.handle.refresh(request).await?.ok_or_else(unknown)
}
