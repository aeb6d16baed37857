//! Files with their items, as they are shown: those that lack a product, and the one that lies at a path.

use std::path::PathBuf;

use butler_api::v1::{ItemFile as Body, ItemFiles};
use butler_engine::Wish;
use butler_library::{Ancestor, ItemFile, ItemKind, ItemRow, Library, PartId, Scope, SectionId, StoreError};
use butler_product::ProductKind;

use crate::app::App;
use crate::error::Problem;
use crate::params;

/// A page of the files whose content lacks a product that a task wishes; without a part to be behind of, how
/// many there are in all.
pub(crate) async fn lacking(
    app: &App,
    kind: ProductKind,
    section: Option<SectionId>,
    after: Option<PartId>,
    page: params::Page,
) -> Result<ItemFiles, Problem> {
    let wishes = app.handle.wishes();
    let (files, total) =
        app.library(move |library| lacking_files(library, wishes, kind, section, (after, page))).await?;
    Ok(shown(files, total))
}

/// The file at a path, if a section has it.
pub(crate) async fn at(app: &App, path: PathBuf) -> Result<ItemFiles, Problem> {
    let file = app.library(move |library| library.file_at(&path)).await?;
    let total = u64::from(file.is_some());
    Ok(shown(file.into_iter().collect(), Some(total)))
}

fn shown(files: Vec<ItemFile>, total: Option<u64>) -> ItemFiles {
    ItemFiles { files: files.into_iter().map(body).collect(), total }
}

/// The files of all wishes of this product, which are those of one task.
fn lacking_files(
    library: &Library,
    wishes: Vec<Wish>,
    kind: ProductKind,
    section: Option<SectionId>,
    (after, page): (Option<PartId>, params::Page),
) -> Result<(Vec<ItemFile>, Option<u64>), Problem> {
    if let Some(id) = section
        && library.section(id)?.is_none()
    {
        return Err(StoreError::Unknown { what: "section", id: id.0 }.into());
    }
    let wishes: Vec<Wish> =
        wishes.into_iter().filter(|wish| wish.spec.kind() == kind && wish.is_for_lacking()).collect();
    let scopes: Vec<Scope<'_>> = wishes.iter().map(|wish| Scope { section, ..wish.scope }).collect();
    let Some(Wish { spec, .. }) = wishes.first() else {
        return Err(Problem::conflict(format!(
            "No task that is switched on makes {kind} of files, so none lacks it."
        )));
    };
    Ok(library.files_lacking(spec, &scopes, after, (page.start.into(), page.size.into()))?)
}

fn body(file: ItemFile) -> Body {
    let ItemFile { item, part, path, size } = file;
    Body {
        item: item.id.0,
        kind: item.kind.as_str().into(),
        title: title(&item),
        section: item.section.0,
        part: part.0,
        file: path.to_string_lossy().into_owned(),
        bytes: size,
    }
}

/// An item with what it belongs to, in one line.
pub(crate) fn title(item: &ItemRow) -> String {
    let own = item.year.map_or_else(|| item.title.clone(), |year| format!("{} ({year})", item.title));
    let above = |ancestor: &Ancestor| match (ancestor.kind, ancestor.number) {
        (ItemKind::Season, Some(number)) => format!("season {number}"),
        _ => ancestor.title.clone(),
    };
    let above: Vec<String> = [&item.grandparent, &item.parent].into_iter().flatten().map(above).collect();
    match (item.kind, item.number) {
        _ if above.is_empty() => {
            item.edition.as_ref().map_or(own.clone(), |edition| format!("{own}, {edition}"))
        }
        (ItemKind::Episode, Some(number)) => format!("{}, episode {number}: {own}", above.join(", ")),
        (ItemKind::Track, Some(number)) => format!("{}, track {number}: {own}", above.join(", ")),
        _ => format!("{}: {own}", above.join(", ")),
    }
}
