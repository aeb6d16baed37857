//! `/library/sections/{id}/all` and `/library/metadata/{id}`: items, with their media, parts and streams.

use std::collections::HashSet;

use axum::extract::{Path, State};
use axum::response::Response;
use butler_api::plex::{Container, Errors, LIBRARY_IDENTIFIER, Metadata, MetadataPage};
use butler_library::{ItemFilter, ItemId, ItemKind, ItemRow, Library, Page, Section, SectionKind, StoreError};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept::Wants;
use crate::app::App;
use crate::error::Problem;
use crate::params::{self, Params};
use crate::plex::{bandwidth, filters, metadata, sections};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(all))
        .routes(routes!(one))
        .routes(routes!(children))
        .routes(routes!(extras))
        .routes(routes!(all_leaves))
}

/// Lists the items of a section, by title.
#[utoipa::path(get, path = "/library/sections/{id}/all", tag = "library",
    params(
        ("id" = i64, Path, description = "The section's id."),
        ("type" = Option<u8>, Query, description = "1 movies, 2 shows, 3 seasons, 4 episodes, 8 artists, 9 albums, 10 tracks, 13 photos; if nothing is said, what the section lists."),
        ("title" = Option<String>, Query, description = "Only those whose title holds this."),
        ("guid" = Option<String>, Query, description = "Only what has this guid: the editions of one film."),
        ("id!" = Option<i64>, Query, description = "Not this one."),
        ("includeMeta" = Option<u8>, Query, description = "1 adds how the list can be filtered."),
        ("limit" = Option<u32>, Query, description = "At most so many."),
        ("X-Plex-Container-Start" = Option<u32>, Query, description = "The place of the first one, from 0; may be a header."),
        ("X-Plex-Container-Size" = Option<u32>, Query, description = "How many, 10,000 at most; may be a header."),
    ),
    responses(
        (status = 200, description = "A page of items.", content((Container<MetadataPage> = "application/json"), (Container<MetadataPage> = "text/xml"))),
        (status = 400, description = "A parameter can't be read; the sentence says which.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such section.", body = Errors),
    ))]
async fn all(State(app): State<App>, wants: Wants, params: Params, Path(id): Path<String>) -> Result<Response, Problem> {
    let (section, _) = sections::known(&app, sections::parse(&id)?).await?;
    let kind = params.get("type").map(|word| kind(word, section.kind)).transpose()?;
    let asked = params.container()?;
    let mut window = asked.unwrap_or(params::Page { start: 0, size: params::Page::LARGEST });
    if let Some(limit) = params.parsed::<u32>("limit", "a number from 0 on")? {
        window.size = window.size.min(limit);
    }
    let title = params.get("title").map(str::to_lowercase);
    let guid = params.get("guid").map(str::to_owned);
    let other_than = params.parsed::<ItemId>("id!", "an item's id")?;
    let id = section.id;
    let page = app
        .library(move |library| {
            let page = match (guid, title) {
                (Some(guid), _) => same(library.items_by_guid(id, &guid)?, other_than, window),
                (None, None) => library.items_of_section(id, ItemFilter { kind }, window.start.into(), window.size.into())?,
                (None, Some(title)) => titled(library, id, kind, &title, window)?,
            };
            Ok::<_, StoreError>(Page { rows: with_media(library, page.rows)?, total: page.total })
        })
        .await?;
    let is_page = asked.is_some() || page.total > page.rows.len() as u64;
    let metadata: Vec<Metadata> = page.rows.into_iter().map(|(row, media)| metadata::brief(row, media, &section)).collect();
    wants.answer(&Container::new(MetadataPage {
        total_size: is_page.then_some(page.total),
        offset: is_page.then_some(window.start.into()),
        title1: Some(section.name.clone()),
        title2: Some("All".into()),
        view_group: Some(kind.unwrap_or(section.kind.top()).as_str().into()),
        meta: params.flag("includeMeta")?.then(|| filters::meta(&section, kind)),
        ..container(metadata, Some(&section))
    }))
}

/// Shows items with their media, parts and streams; several ids may be given, by commas.
#[utoipa::path(get, path = "/library/metadata/{id}", tag = "library",
    params(
        ("id" = String, Path, description = "The item's id, or several by commas.", example = "7"),
        ("includeChapters" = Option<u8>, Query, description = "1 adds the chapters."),
    ),
    responses(
        (status = 200, description = "The items.", content((Container<MetadataPage> = "application/json"), (Container<MetadataPage> = "text/xml"))),
        (status = 400, description = "A parameter can't be read; the sentence says which.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such item.", body = Errors),
    ))]
async fn one(State(app): State<App>, wants: Wants, params: Params, Path(id): Path<String>) -> Result<Response, Problem> {
    let mut ids: Vec<ItemId> = id.split(',').map(parse).collect::<Result<_, _>>()?;
    // Each once, in the order asked for: thousands of one large item would be a body without bound.
    let mut asked = HashSet::new();
    ids.retain(|id| asked.insert(*id));
    let include_chapters = params.flag("includeChapters")?;
    let (items, sections, bandwidths) = app
        .library(move |library| {
            let items = ids.into_iter().filter_map(|id| library.item(id).transpose()).collect::<Result<Vec<_>, StoreError>>()?;
            let bandwidths = bandwidth::of(library, &items)?;
            Ok::<_, StoreError>((items, library.sections()?, bandwidths))
        })
        .await?;
    let section_of = |row: &ItemRow| sections.iter().find(|section| section.id == row.section);
    let shown = items.into_iter().filter_map(|item| section_of(&item.row).map(|section| metadata::full(item, section, include_chapters)));
    let mut metadata: Vec<Metadata> = shown.collect();
    metadata.iter_mut().for_each(|item| bandwidth::add(item, &bandwidths));
    if metadata.is_empty() {
        return Err(unknown(&id));
    }
    wants.answer(&Container::new(container(metadata, None)))
}

/// Lists what belongs to an item: the seasons of a show, the episodes of a season, albums, tracks.
#[utoipa::path(get, path = "/library/metadata/{id}/children", tag = "library",
    params(("id" = i64, Path, description = "The item's id.")),
    responses(
        (status = 200, description = "Its children, by number.", content((Container<MetadataPage> = "application/json"), (Container<MetadataPage> = "text/xml"))),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such item.", body = Errors),
    ))]
async fn children(State(app): State<App>, wants: Wants, Path(id): Path<String>) -> Result<Response, Problem> {
    below(&app, wants, &id, |library, id| library.children_of(id)).await
}

/// Lists the extras of a film, show, season or episode: trailers first.
#[utoipa::path(get, path = "/library/metadata/{id}/extras", tag = "library",
    params(("id" = i64, Path, description = "The item's id.")),
    responses(
        (status = 200, description = "Its extras, of type `clip`.", content((Container<MetadataPage> = "application/json"), (Container<MetadataPage> = "text/xml"))),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such item.", body = Errors),
    ))]
async fn extras(State(app): State<App>, wants: Wants, Path(id): Path<String>) -> Result<Response, Problem> {
    below(&app, wants, &id, |library, id| library.extras_of(id)).await
}

/// Lists what belongs to an item's children too: all episodes of a show, all tracks of an artist.
#[utoipa::path(get, path = "/library/metadata/{id}/allLeaves", tag = "library",
    params(("id" = i64, Path, description = "The item's id.")),
    responses(
        (status = 200, description = "Its episodes or tracks, in order.", content((Container<MetadataPage> = "application/json"), (Container<MetadataPage> = "text/xml"))),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such item.", body = Errors),
    ))]
async fn all_leaves(State(app): State<App>, wants: Wants, Path(id): Path<String>) -> Result<Response, Problem> {
    below(&app, wants, &id, leaves).await
}

fn leaves(library: &Library, id: ItemId) -> Result<Vec<ItemRow>, StoreError> {
    let mut found = Vec::new();
    for child in library.children_of(id)? {
        if child.children == 0 { found.push(child) } else { found.extend(library.children_of(child.id)?) }
    }
    found.retain(|item| matches!(item.kind, ItemKind::Episode | ItemKind::Track | ItemKind::Photo));
    Ok(found)
}

type Below = fn(&Library, ItemId) -> Result<Vec<ItemRow>, StoreError>;

async fn below(app: &App, wants: Wants, id: &str, ask: Below) -> Result<Response, Problem> {
    let item = parse(id)?;
    let found = app
        .library(move |library| {
            let Some(detail) = library.item(item)? else { return Ok(None) };
            let rows = ask(library, item)?;
            Ok::<_, StoreError>(Some((library.section(detail.row.section)?, detail.row, with_media(library, rows)?)))
        })
        .await?;
    let Some((Some(section), above, rows)) = found else { return Err(unknown(id)) };
    let metadata = rows.into_iter().map(|(row, media)| metadata::brief(row, media, &section)).collect();
    wants.answer(&Container::new(MetadataPage {
        title1: Some(section.name.clone()),
        title2: Some(above.title),
        ..container(metadata, Some(&section))
    }))
}

type WithMedia = (ItemRow, Vec<butler_library::MediaRow>);

fn with_media(library: &Library, rows: Vec<ItemRow>) -> Result<Vec<WithMedia>, StoreError> {
    let ids: Vec<ItemId> = rows.iter().map(|row| row.id).collect();
    let mut media = library.media_of_items(&ids)?;
    Ok(rows.into_iter().map(|row| (media.remove(&row.id).unwrap_or_default(), row)).map(|(media, row)| (row, media)).collect())
}

/// A page of the items of one guid.
fn same(mut rows: Vec<ItemRow>, other_than: Option<ItemId>, window: params::Page) -> Page<ItemRow> {
    rows.retain(|row| Some(row.id) != other_than);
    let total = rows.len() as u64;
    Page { rows: rows.into_iter().skip(window.start as usize).take(window.size as usize).collect(), total }
}

/// The items whose title holds some text, whatever its case: read in pages, so that memory stays bounded.
fn titled(
    library: &Library,
    section: butler_library::SectionId,
    kind: Option<ItemKind>,
    text: &str,
    window: params::Page,
) -> Result<Page<ItemRow>, StoreError> {
    let (mut start, mut total, mut rows) = (0, 0_u64, Vec::new());
    let (first, end) = (u64::from(window.start), u64::from(window.start) + u64::from(window.size));
    loop {
        let page = library.items_of_section(section, ItemFilter { kind }, start, params::Page::LARGEST.into())?;
        start += page.rows.len() as u64;
        let is_last = page.rows.is_empty() || start >= page.total;
        for row in page.rows.into_iter().filter(|row| row.title.to_lowercase().contains(text)) {
            if (first..end).contains(&total) {
                rows.push(row);
            }
            total += 1;
        }
        if is_last {
            return Ok(Page { rows, total });
        }
    }
}

fn container(metadata: Vec<Metadata>, section: Option<&Section>) -> MetadataPage {
    MetadataPage {
        size: metadata.len() as u64,
        identifier: LIBRARY_IDENTIFIER.into(),
        library_section_id: section.map(|section| section.id.0),
        library_section_title: section.map(|section| section.name.clone()),
        library_section_uuid: section.map(|section| section.uuid.clone()),
        metadata,
        ..MetadataPage::default()
    }
}

fn parse(id: &str) -> Result<ItemId, Problem> {
    id.parse().map_err(|_| unknown(id))
}

fn unknown(id: &str) -> Problem {
    Problem::not_found(format!("There is no item {id}."))
}

/// The kind that Plex's number stands for. 14, an album of photos, gives the photos, which lie in none here.
fn kind(word: &str, section: SectionKind) -> Result<ItemKind, Problem> {
    Ok(match word {
        "1" => ItemKind::Movie,
        "2" => ItemKind::Show,
        "3" => ItemKind::Season,
        "4" => ItemKind::Episode,
        "8" => ItemKind::Artist,
        "9" => ItemKind::Album,
        "10" => ItemKind::Track,
        "13" => ItemKind::Photo,
        "14" if section == SectionKind::Photo => ItemKind::Photo,
        _ => return Err(Problem::bad_request(format!("`type` is `{word}`, and takes 1, 2, 3, 4, 8, 9, 10 or 13."))),
    })
}
