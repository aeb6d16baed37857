//! Lists of items and items by themselves, with their media, parts and streams: of a section, of the whole
//! library, and what stands below an item.
//!
//! Every list goes through [`answer`]: the same filters, sorts and pages. `query.rs` reads them.

use std::collections::{HashMap, HashSet};

use axum::extract::{Path, State};
use axum::response::Response;
use butler_api::plex::{Container, Errors, LIBRARY_IDENTIFIER, Location, Metadata, MetadataPage};
use butler_api::schema::{ItemType, Switch};
use butler_library::query::{ItemScope, NumberField, Relative, Sort, SortKey};
use butler_library::{
    ItemDetail, ItemId, ItemKind, ItemRow, Library, OnDisk, PartRow, Section, SectionKind, StoreError,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept::Wants;
use crate::app::App;
use crate::error::Problem;
use crate::params::{Extent, Params};
use crate::plex::{
    bandwidth, chapter_images, fields, filters, location, loudness, metadata, query, sections,
};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(all))
        .routes(routes!(recently_added))
        .routes(routes!(whole_library))
        .routes(routes!(recently_added_anywhere))
        .routes(routes!(one))
        .routes(routes!(children))
        .routes(routes!(extras))
        .routes(routes!(all_leaves))
}

/// What a section lists, by the day it was found: what plays, and albums rather than tracks.
const RECENT: [ItemKind; 4] = [ItemKind::Movie, ItemKind::Episode, ItemKind::Album, ItemKind::Photo];
/// Plex's number for collections, of which there are none.
pub(crate) const COLLECTIONS: &str = "18";

/// Lists the items of a section, by title.
#[utoipa::path(get, path = "/library/sections/{id}/all", tag = "library",
    params(
        ("id" = i64, Path, description = "The section's id."),
        ("type" = inline(Option<ItemType>), Query, description = "1 movies, 2 shows, 3 seasons, 4 episodes, 8 \
                                                                  artists, 9 \
                                                    albums, 10 tracks, 13 photos, 14 albums of photos; if \
                                                    nothing is said, what \
                                                    the section lists. 18, collections: none."),
        ("title" = Option<String>, Query, description = "Only those whose title holds this. So with every \
                                                         field that `includeMeta=1` names, and its operators: \
                                                         `year>>=1990`."),
        ("sort" = Option<String>, Query, description = "`addedAt:desc`, several by commas; what there is \
                                                        `includeMeta=1` names."),
        ("includeMeta" = inline(Option<Switch>), Query, description = "1 adds how the list can be filtered \
                                                                       and sorted."),
        ("limit" = Option<u64>, Query, description = "At most so many, whatever page is asked for."),
        ("X-Plex-Container-Start" = Option<u32>, Query, description = "The place of the first one, from 0; \
                                                                       may be a header."),
        ("X-Plex-Container-Size" = Option<u32>, Query, description = "How many, 10,000 at most; may be a \
                                                                      header."),
    ),
    responses(
        (status = 200, description = "A page of items.", content((Container<MetadataPage> = "application/json"), (Container<MetadataPage> = "text/xml"))),
        (status = 400, description = "A filter or sort is unknown, or a parameter can't be read; the sentence \
                                      says which.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such section.", body = Errors),
    ))]
async fn all(
    State(app): State<App>,
    wants: Wants,
    params: Params,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let section = sections::known(&app, sections::parse(&id)?).await?;
    let head = MetadataPage { title2: Some("All".into()), ..of_section(&section) };
    let kind = match params.get("type") {
        Some(COLLECTIONS) => return wants.answer(&Container::new(empty(&params, head)?)),
        Some(word) => kind(word, Some(section.kind))?,
        None => section.kind.top(),
    };
    let meta = params.flag("includeMeta")?.then(|| filters::meta(&section, kind));
    let head = MetadataPage { view_group: Some(kind.as_str().into()), meta, ..head };
    answer(&app, wants, &params, listed(Some(&section), vec![kind]), head).await
}

/// Lists the films, episodes, albums or photos of a section, the newest first.
#[utoipa::path(get, path = "/library/sections/{id}/recentlyAdded", tag = "library",
    params(
        ("id" = i64, Path, description = "The section's id."),
        ("type" = inline(Option<ItemType>), Query, description = "As in `/library/sections/{id}/all`."),
        ("X-Plex-Container-Start" = Option<u32>, Query, description = "The place of the first one, from 0; \
                                                                       may be a header."),
        ("X-Plex-Container-Size" = Option<u32>, Query, description = "How many, 10,000 at most; may be a \
                                                                      header."),
    ),
    responses(
        (status = 200, description = "A page of items.", content((Container<MetadataPage> = "application/json"), (Container<MetadataPage> = "text/xml"))),
        (status = 400, description = "A filter or sort is unknown, or a parameter can't be read; the sentence \
                                      says which.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such section.", body = Errors),
    ))]
async fn recently_added(
    State(app): State<App>,
    wants: Wants,
    params: Params,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let section = sections::known(&app, sections::parse(&id)?).await?;
    let head = MetadataPage { title2: Some("Recently Added".into()), ..of_section(&section) };
    let kinds = match params.get("type") {
        Some(COLLECTIONS) => return wants.answer(&Container::new(empty(&params, head)?)),
        Some(word) => vec![kind(word, Some(section.kind))?],
        None => fields::listed(section.kind)
            .iter()
            .map(|(kind, ..)| *kind)
            .filter(|kind| RECENT.contains(kind))
            .collect(),
    };
    answer(&app, wants, &params, listed(Some(&section), kinds).newest_first(), head).await
}

/// Lists the items of all sections, by title.
#[utoipa::path(get, path = "/library/all", tag = "library",
    params(
        ("type" = inline(Option<ItemType>), Query, description = "As in `/library/sections/{id}/all`; if \
                                                                  nothing is said, \
                                                    what the sections list."),
        ("title" = Option<String>, Query, description = "As in `/library/sections/{id}/all`."),
        ("sort" = Option<String>, Query, description = "As in `/library/sections/{id}/all`."),
        ("limit" = Option<u64>, Query, description = "At most so many, whatever page is asked for."),
        ("X-Plex-Container-Start" = Option<u32>, Query, description = "The place of the first one, from 0; \
                                                                       may be a header."),
        ("X-Plex-Container-Size" = Option<u32>, Query, description = "How many, 10,000 at most; may be a \
                                                                      header."),
    ),
    responses(
        (status = 200, description = "A page of items.", content((Container<MetadataPage> = "application/json"), (Container<MetadataPage> = "text/xml"))),
        (status = 400, description = "A filter or sort is unknown, or a parameter can't be read; the sentence \
                                      says which.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
    ))]
async fn whole_library(State(app): State<App>, wants: Wants, params: Params) -> Result<Response, Problem> {
    let kinds = match params.get("type") {
        Some(COLLECTIONS) => return wants.answer(&Container::new(empty(&params, MetadataPage::default())?)),
        Some(word) => vec![kind(word, None)?],
        None => SectionKind::ALL.map(SectionKind::top).into(),
    };
    answer(&app, wants, &params, listed(None, kinds), MetadataPage::default()).await
}

/// Lists the films, episodes, albums and photos of all sections, the newest first.
#[utoipa::path(get, path = "/library/recentlyAdded", tag = "library",
    params(
        ("type" = inline(Option<ItemType>), Query, description = "As in `/library/sections/{id}/all`."),
        ("X-Plex-Container-Start" = Option<u32>, Query, description = "The place of the first one, from 0; \
                                                                       may be a header."),
        ("X-Plex-Container-Size" = Option<u32>, Query, description = "How many, 10,000 at most; may be a \
                                                                      header."),
    ),
    responses(
        (status = 200, description = "A page of items.", content((Container<MetadataPage> = "application/json"), (Container<MetadataPage> = "text/xml"))),
        (status = 400, description = "A filter or sort is unknown, or a parameter can't be read; the sentence \
                                      says which.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
    ))]
async fn recently_added_anywhere(
    State(app): State<App>,
    wants: Wants,
    params: Params,
) -> Result<Response, Problem> {
    let kinds = match params.get("type") {
        Some(COLLECTIONS) => return wants.answer(&Container::new(empty(&params, MetadataPage::default())?)),
        Some(word) => vec![kind(word, None)?],
        None => RECENT.into(),
    };
    answer(&app, wants, &params, listed(None, kinds).newest_first(), MetadataPage::default()).await
}

/// Shows items with their media, parts and streams; several ids may be given, by commas.
#[utoipa::path(get, path = "/library/metadata/{id}", tag = "library",
    params(
        ("id" = String, Path, description = "The item's id, or several by commas.", example = "7"),
        ("includeChapters" = inline(Option<Switch>), Query, description = "1 adds the chapters, with where \
                                                                           their pictures are."),
        ("checkFiles" = inline(Option<Switch>), Query, description = "1 looks at the disk, and adds to each \
                                                                      file whether it `exists` and is \
                                                                      `accessible`."),
        ("X-Plex-Container-Start" = Option<u32>, Query, description = "The place of the first one, from 0; \
                                                                       may be a header."),
        ("X-Plex-Container-Size" = Option<u32>, Query, description = "How many, 10,000 at most; may be a \
                                                                      header."),
    ),
    responses(
        (status = 200, description = "The items.", content((Container<MetadataPage> = "application/json"), (Container<MetadataPage> = "text/xml"))),
        (status = 400, description = "A parameter can't be read; the sentence says which.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such item.", body = Errors),
    ))]
async fn one(
    State(app): State<App>,
    wants: Wants,
    params: Params,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let mut ids: Vec<ItemId> = id.split(',').map(parse).collect::<Result<_, _>>()?;
    // Each once, in the order asked for: thousands of one large item would be a body without bound.
    let mut asked = HashSet::new();
    ids.retain(|id| asked.insert(*id));
    let (include_chapters, check_files) = (params.flag("includeChapters")?, params.flag("checkFiles")?);
    let (items, sections, bandwidths, loudnesses, images, mut hashes, on_disk) = app
        .library(move |library| {
            let items = ids
                .into_iter()
                .filter_map(|id| library.item(id).transpose())
                .collect::<Result<Vec<_>, StoreError>>()?;
            let bandwidths = bandwidth::of(library, &items)?;
            let loudnesses = loudness::of(library, &items)?;
            let images = if include_chapters { chapter_images::of(library, &items)? } else { HashMap::new() };
            let hashes = library.blur_hashes(&items.iter().map(|item| item.row.id).collect::<Vec<_>>())?;
            let on_disk = if check_files { on_disk(library, &items)? } else { HashMap::new() };
            let located =
                items.into_iter().map(|item| locations(library, &item).map(|folders| (item, folders)));
            Ok::<_, StoreError>((
                located.collect::<Result<Vec<_>, StoreError>>()?,
                library.sections()?,
                bandwidths,
                loudnesses,
                images,
                hashes,
                on_disk,
            ))
        })
        .await?;
    if items.is_empty() {
        return Err(unknown(&id));
    }
    let (items, extent) = params.container()?.cut(items);
    let section_of = |row: &ItemRow| sections.iter().find(|section| section.id == row.section);
    let shown = items.into_iter().filter_map(|(item, locations)| {
        let section = section_of(&item.row)?;
        let hashes = hashes.remove(&item.row.id).unwrap_or_default();
        Some(Metadata { locations, ..metadata::full(item, section, hashes, include_chapters) })
    });
    let mut metadata: Vec<Metadata> = shown.collect();
    for item in &mut metadata {
        bandwidth::add(item, &bandwidths);
        loudness::add(item, &loudnesses);
        chapter_images::add(item, &images);
        metadata::add_on_disk(item, &on_disk);
    }
    wants.answer(&Container::new(container(metadata, extent, MetadataPage::default())))
}

/// What the disk says of each file of some items.
fn on_disk(library: &Library, items: &[ItemDetail]) -> Result<HashMap<i64, OnDisk>, StoreError> {
    let parts: Vec<PartRow> =
        items.iter().flat_map(|item| &item.media).flat_map(|version| version.parts.clone()).collect();
    let ids = parts.iter().map(|part| part.id.0);
    Ok(ids.zip(library.look_at(&parts)?).collect())
}

/// The folders of a show or artist, as Plex tells them.
fn locations(library: &Library, item: &ItemDetail) -> Result<Vec<Location>, StoreError> {
    if !matches!(item.row.kind, ItemKind::Show | ItemKind::Artist) {
        return Ok(Vec::new());
    }
    let folders = location::folders(&item.row.title, &library.files_below(item.row.id)?);
    Ok(folders
        .into_iter()
        .map(|folder| Location { id: None, path: folder.to_string_lossy().into_owned(), refused: None })
        .collect())
}

/// Lists what belongs to an item: the seasons of a show, the episodes of a season, albums, tracks, photos.
#[utoipa::path(get, path = "/library/metadata/{id}/children", tag = "library",
    params(
        ("id" = i64, Path, description = "The item's id."),
        ("title" = Option<String>, Query, description = "Filters and `sort` as in \
                                                         `/library/sections/{id}/all`."),
        ("X-Plex-Container-Start" = Option<u32>, Query, description = "The place of the first one, from 0; \
                                                                       may be a header."),
        ("X-Plex-Container-Size" = Option<u32>, Query, description = "How many, 10,000 at most; may be a \
                                                                      header."),
    ),
    responses(
        (status = 400, description = "A filter or sort is unknown, or a parameter can't be read; the sentence \
                                      says which.", body = Errors),
        (status = 200, description = "Its children, by number.", content((Container<MetadataPage> = "application/json"), (Container<MetadataPage> = "text/xml"))),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such item.", body = Errors),
    ))]
async fn children(
    State(app): State<App>,
    wants: Wants,
    params: Params,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    below(&app, wants, &params, &id, children_of).await
}

/// Lists the extras of a film, show, season or episode: trailers first.
#[utoipa::path(get, path = "/library/metadata/{id}/extras", tag = "library",
    params(
        ("id" = i64, Path, description = "The item's id."),
        ("title" = Option<String>, Query, description = "Filters and `sort` as in \
                                                         `/library/sections/{id}/all`."),
        ("X-Plex-Container-Start" = Option<u32>, Query, description = "The place of the first one, from 0; \
                                                                       may be a header."),
        ("X-Plex-Container-Size" = Option<u32>, Query, description = "How many, 10,000 at most; may be a \
                                                                      header."),
    ),
    responses(
        (status = 400, description = "A filter or sort is unknown, or a parameter can't be read; the sentence \
                                      says which.", body = Errors),
        (status = 200, description = "Its extras, of type `clip`.", content((Container<MetadataPage> = "application/json"), (Container<MetadataPage> = "text/xml"))),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such item.", body = Errors),
    ))]
async fn extras(
    State(app): State<App>,
    wants: Wants,
    params: Params,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    below(&app, wants, &params, &id, extras_of).await
}

/// Lists what belongs to an item's children too: all episodes of a show, all tracks of an artist.
#[utoipa::path(get, path = "/library/metadata/{id}/allLeaves", tag = "library",
    params(
        ("id" = i64, Path, description = "The item's id."),
        ("title" = Option<String>, Query, description = "Filters and `sort` as in \
                                                         `/library/sections/{id}/all`."),
        ("X-Plex-Container-Start" = Option<u32>, Query, description = "The place of the first one, from 0; \
                                                                       may be a header."),
        ("X-Plex-Container-Size" = Option<u32>, Query, description = "How many, 10,000 at most; may be a \
                                                                      header."),
    ),
    responses(
        (status = 400, description = "A filter or sort is unknown, or a parameter can't be read; the sentence \
                                      says which.", body = Errors),
        (status = 200, description = "Its episodes or tracks, in order.", content((Container<MetadataPage> = "application/json"), (Container<MetadataPage> = "text/xml"))),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such item.", body = Errors),
    ))]
async fn all_leaves(
    State(app): State<App>,
    wants: Wants,
    params: Params,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    below(&app, wants, &params, &id, leaves_of).await
}

/// The items of a list.
struct List {
    scope: ItemScope,
    /// What they are: all of them have the fields by which the list can be filtered.
    kinds: Vec<ItemKind>,
    /// Their order, unless the client asks for another.
    sort: Vec<Sort>,
}

impl List {
    fn newest_first(self) -> Self {
        let key = SortKey::Number(NumberField::AddedAt);
        Self { sort: vec![Sort { of: Relative::Own, key, descending: true, unknown_last: false }], ..self }
    }
}

fn listed(section: Option<&Section>, kinds: Vec<ItemKind>) -> List {
    let scope = ItemScope::Listed { section: section.map(|section| section.id), kinds: kinds.clone() };
    List { scope, kinds, sort: Vec::new() }
}

fn children_of(item: &ItemRow) -> List {
    List {
        scope: ItemScope::Children(item.id),
        kinds: vec![fields::below(item.kind).unwrap_or(item.kind)],
        sort: Vec::new(),
    }
}

fn extras_of(item: &ItemRow) -> List {
    List { scope: ItemScope::Extras(item.id), kinds: vec![ItemKind::Extra], sort: Vec::new() }
}

fn leaves_of(item: &ItemRow) -> List {
    let child = fields::below(item.kind).unwrap_or(item.kind);
    List {
        scope: ItemScope::Leaves(item.id),
        kinds: vec![fields::below(child).unwrap_or(child)],
        sort: Vec::new(),
    }
}

async fn below(
    app: &App,
    wants: Wants,
    params: &Params,
    id: &str,
    list: fn(&ItemRow) -> List,
) -> Result<Response, Problem> {
    let item = parse(id)?;
    let found = app
        .library(move |library| {
            let Some(above) = library.item(item)? else { return Ok(None) };
            Ok::<_, StoreError>(library.section(above.row.section)?.map(|section| (section, above.row)))
        })
        .await?;
    let Some((section, above)) = found else { return Err(unknown(id)) };
    let list = list(&above);
    answer(app, wants, params, list, MetadataPage { title2: Some(above.title), ..of_section(&section) }).await
}

/// The page of a list that a client asks for. `head` is what its container says beside that.
async fn answer(
    app: &App,
    wants: Wants,
    params: &Params,
    list: List,
    head: MetadataPage,
) -> Result<Response, Problem> {
    let window = params.container()?;
    let mut query = query::read(&params.filters(), &list.kinds, list.scope, app.now())?;
    if query.sort.is_empty() {
        query.sort = list.sort;
    }
    let (page, mut media, mut hashes, sections) = app
        .library(move |library| {
            let page = library.items(&query, window.page.start.into(), window.page.size.into())?;
            let ids: Vec<ItemId> = page.rows.iter().map(|row| row.id).collect();
            let media = library.media_of_items(&ids)?;
            Ok::<_, StoreError>((page, media, library.blur_hashes(&ids)?, library.sections()?))
        })
        .await?;
    let extent = window.extent(page.rows.len(), page.total);
    let shown = page.rows.into_iter().filter_map(|row| {
        let section = sections.iter().find(|section| section.id == row.section)?;
        let (media, hashes) = (media.remove(&row.id), hashes.remove(&row.id));
        Some(metadata::brief(media.unwrap_or_default(), row, section, hashes.unwrap_or_default()))
    });
    wants.answer(&Container::new(container(shown.collect(), extent, head)))
}

/// A list that nothing can be in.
pub(crate) fn empty(params: &Params, head: MetadataPage) -> Result<MetadataPage, Problem> {
    let (none, extent) = params.container()?.cut(Vec::new());
    Ok(container(none, extent, head))
}

fn container(metadata: Vec<Metadata>, extent: Extent, head: MetadataPage) -> MetadataPage {
    let Extent { size, total_size, offset } = extent;
    MetadataPage {
        size,
        total_size,
        offset,
        allow_sync: true,
        identifier: LIBRARY_IDENTIFIER.into(),
        metadata,
        ..head
    }
}

/// What the container says of the section that all items are of.
pub(crate) fn of_section(section: &Section) -> MetadataPage {
    MetadataPage {
        library_section_id: Some(section.id.0),
        library_section_title: Some(section.name.clone()),
        library_section_uuid: Some(section.uuid.clone()),
        title1: Some(section.name.clone()),
        ..MetadataPage::default()
    }
}

fn parse(id: &str) -> Result<ItemId, Problem> {
    id.parse().map_err(|_| unknown(id))
}

fn unknown(id: &str) -> Problem {
    Problem::not_found(format!("There is no item {id}."))
}

/// The kind that Plex's number stands for.
pub(crate) fn kind(word: &str, section: Option<SectionKind>) -> Result<ItemKind, Problem> {
    Ok(match word {
        "1" => ItemKind::Movie,
        "2" => ItemKind::Show,
        "3" => ItemKind::Season,
        "4" => ItemKind::Episode,
        "8" => ItemKind::Artist,
        "9" => ItemKind::Album,
        "10" => ItemKind::Track,
        "13" => ItemKind::Photo,
        "14" if section.is_none_or(|section| section == SectionKind::Photo) => ItemKind::PhotoAlbum,
        _ => {
            return Err(Problem::bad_request(format!(
                "`type` is `{word}`, and takes 1, 2, 3, 4, 8, 9, 10, 13, 14 or 18."
            )));
        }
    })
}
