//! What clients are told of filters and sorts before they use them, the values that a filter finds, and a
//! section's collections, of which there are none. It filters nothing itself: see `query.rs`.

use axum::extract::{Path, State};
use axum::response::Response;
use butler_api::plex::{
    Container, Directories, Errors, FieldType, FilterChoice, Meta, MetaField, MetaFilter, MetaSort, MetaType,
    MetadataPage, Operator,
};
use butler_api::schema::{ItemType, Switch};
use butler_library::query::SortKey;
use butler_library::{ItemKind, Section};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept::Wants;
use crate::app::App;
use crate::error::Problem;
use crate::params::{Extent, Params};
use crate::plex::fields::{self, Compares, FIELDS, Field, ORDERS};
use crate::plex::{items, sections};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(collections))
        .routes(routes!(filters))
        .routes(routes!(sorts))
        .routes(routes!(choices))
}

/// Lists the collections of a section: none.
#[utoipa::path(get, path = "/library/sections/{id}/collections", tag = "library",
    params(
        ("id" = i64, Path, description = "The section's id."),
        ("includeMeta" = inline(Option<Switch>), Query, description = "1 adds how the list can be filtered: \
                                                                       not at all."),
    ),
    responses(
        (status = 200, description = "An empty list.", content((Container<MetadataPage> = "application/json"), (Container<MetadataPage> = "text/xml"))),
        (status = 400, description = "A parameter can't be read; the sentence says which.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such section.", body = Errors),
    ))]
async fn collections(
    State(app): State<App>,
    wants: Wants,
    params: Params,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let section = sections::known(&app, sections::parse(&id)?).await?;
    let meta = params.flag("includeMeta")?.then(Meta::default);
    wants
        .answer(&Container::new(items::empty(&params, MetadataPage { meta, ..items::of_section(&section) })?))
}

/// Lists the filters that clients offer for a section's items.
#[utoipa::path(get, path = "/library/sections/{id}/filters", tag = "library",
    params(
        ("id" = i64, Path, description = "The section's id."),
        ("type" = inline(Option<ItemType>), Query, description = "As in `/library/sections/{id}/all`."),
    ),
    responses(
        (status = 200, description = "The filters.", content((Container<Directories<MetaFilter>> = "application/json"), (Container<Directories<MetaFilter>> = "text/xml"))),
        (status = 400, description = "A parameter can't be read; the sentence says which.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such section.", body = Errors),
    ))]
async fn filters(
    State(app): State<App>,
    wants: Wants,
    params: Params,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (section, kind) = listed(&app, &params, &id).await?;
    answer(wants, &params, &section, kind.map(|kind| filters_of(&section, kind)).unwrap_or_default())
}

/// Lists what a section's items can be sorted by.
#[utoipa::path(get, path = "/library/sections/{id}/sorts", tag = "library",
    params(
        ("id" = i64, Path, description = "The section's id."),
        ("type" = inline(Option<ItemType>), Query, description = "As in `/library/sections/{id}/all`."),
    ),
    responses(
        (status = 200, description = "The sorts.", content((Container<Directories<MetaSort>> = "application/json"), (Container<Directories<MetaSort>> = "text/xml"))),
        (status = 400, description = "A parameter can't be read; the sentence says which.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such section.", body = Errors),
    ))]
async fn sorts(
    State(app): State<App>,
    wants: Wants,
    params: Params,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (section, kind) = listed(&app, &params, &id).await?;
    answer(wants, &params, &section, kind.map(sorts_of).unwrap_or_default())
}

/// The values of a filter that is on or off, with their names for people.
const ON_OR_OFF: [(&str, &str); 2] = [("1", "Yes"), ("0", "No")];

/// Lists the values that a filter finds among a section's items: their years, decades, months, genres or resolutions;
/// of a filter that is on or off the two that it takes.
#[utoipa::path(get, path = "/library/sections/{id}/{filter}", tag = "library",
    params(
        ("id" = i64, Path, description = "The section's id."),
        ("filter" = String, Path, description = "`year`, `decade`, `month`, `genre` or `resolution`; \
                                                 `unwatched`, `unwatchedLeaves`, `duplicate` or \
                                                 `trash`.", example = "year"),
        ("type" = inline(Option<ItemType>), Query, description = "As in `/library/sections/{id}/all`."),
        ("X-Plex-Container-Start" = Option<u32>, Query, description = "The place of the first one, from 0; \
                                                                       may be a header."),
        ("X-Plex-Container-Size" = Option<u32>, Query, description = "How many, 10,000 at most; may be a \
                                                                      header."),
    ),
    responses(
        (status = 200, description = "The values.", content((Container<Directories<FilterChoice>> = "application/json"), (Container<Directories<FilterChoice>> = "text/xml"))),
        (status = 400, description = "A parameter can't be read; the sentence says which.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such section, or its items have no such \
                                      values.", body = Errors),
    ))]
async fn choices(
    State(app): State<App>,
    wants: Wants,
    params: Params,
    Path((id, filter)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (section, kind) = listed(&app, &params, &id).await?;
    let Some(kind) = kind else { return answer::<FilterChoice>(wants, &params, &section, Vec::new()) };
    let field = FIELDS.iter().find(|field| field.name == filter && field.kinds.contains(&kind));
    let Some(field) = field.filter(|field| is_offered(field)) else {
        return Err(Problem::not_found(format!("Items of type {kind} have no list of `{filter}`.")));
    };
    let id = section.id;
    let values: Vec<(String, String)> = match field.valued() {
        None => ON_OR_OFF.map(|(key, title)| (key.to_owned(), title.to_owned())).to_vec(),
        Some(valued) => {
            let values = app.library(move |library| library.values_of_section(id, kind, valued)).await?;
            let title = |value: &str| match (field.name, value.split_at_checked(4)) {
                ("decade", _) => format!("{value}s"),
                ("month", Some((year, month))) => format!("{year}-{month}"),
                _ => value.to_owned(),
            };
            values.into_iter().map(|value| (value.clone(), title(&value))).collect()
        }
    };
    let number = number(kind);
    let choice = |(key, title): (String, String)| FilterChoice {
        fast_key: format!("/library/sections/{id}/all?type={number}&{filter}={}", encoded(&key)),
        key,
        title,
    };
    answer(wants, &params, &section, values.into_iter().map(choice).collect())
}

fn encoded(value: &str) -> String {
    percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// The section, and the kind of its items that is asked about; none where it is collections.
async fn listed(app: &App, params: &Params, id: &str) -> Result<(Section, Option<ItemKind>), Problem> {
    let section = sections::known(app, sections::parse(id)?).await?;
    let kind = match params.get("type") {
        Some(items::COLLECTIONS) => None,
        Some(word) => Some(items::kind(word, Some(section.kind))?),
        None => Some(section.kind.top()),
    };
    Ok((section, kind))
}

fn answer<T: serde::Serialize>(
    wants: Wants,
    params: &Params,
    section: &Section,
    list: Vec<T>,
) -> Result<Response, Problem> {
    let (directories, Extent { size, total_size, offset }) = params.container()?.cut(list);
    wants.answer(&Container::new(Directories {
        size,
        total_size,
        offset,
        title1: section.name.clone(),
        directories,
    }))
}

/// How the list of a section's items can be filtered and sorted. `active` is the kind that is listed.
pub(crate) fn meta(section: &Section, active: ItemKind) -> Meta {
    let kind = |(kind, number, title): &(ItemKind, u8, &str)| MetaType {
        key: format!("/library/sections/{}/all?type={number}", section.id),
        kind: kind.as_str().into(),
        title: (*title).into(),
        active: *kind == active,
        filters: filters_of(section, *kind),
        sorts: sorts_of(*kind),
        fields: of_kind(*kind).map(|field| meta_field(field, *kind)).collect(),
    };
    let types: Vec<MetaType> = fields::listed(section.kind).iter().map(kind).collect();
    let mut field_types: Vec<FieldType> = Vec::new();
    for Field { compares, .. } in fields::listed(section.kind).iter().flat_map(|(kind, ..)| of_kind(*kind)) {
        if field_types.iter().all(|known| known.kind != compares.type_name()) {
            field_types.push(field_type(*compares));
        }
    }
    Meta { types, field_types }
}

fn of_kind(kind: ItemKind) -> impl Iterator<Item = &'static Field> {
    FIELDS.iter().filter(move |field| field.kinds.contains(&kind))
}

/// Whether the values of a field are listed: there are a few of them, or it is on or off.
const fn is_offered(field: &Field) -> bool {
    field.valued().is_some() || matches!(field.compares, Compares::Flag(_))
}

fn filters_of(section: &Section, kind: ItemKind) -> Vec<MetaFilter> {
    let offered = of_kind(kind).filter(|field| is_offered(field));
    let filter = |field: &Field| MetaFilter {
        filter: field.name.into(),
        filter_type: match field.compares {
            Compares::Flag(_) => "boolean",
            Compares::Integer(_) => "integer",
            _ => "string",
        }
        .into(),
        key: format!("/library/sections/{}/{}?type={}", section.id, field.name, number(kind)),
        title: field.title.into(),
        kind: "filter".into(),
    };
    offered.map(filter).collect()
}

fn sorts_of(kind: ItemKind) -> Vec<MetaSort> {
    let sort = |order: &fields::Order| MetaSort {
        default: (order.key == SortKey::Title && kind != ItemKind::Photo).then(|| "asc".into()),
        default_direction: if order.descends { "desc" } else { "asc" }.into(),
        desc_key: format!("{}:desc", order.name),
        key: order.name.into(),
        title: order.title.into(),
    };
    ORDERS.iter().filter(|order| order.kinds.contains(&kind)).map(sort).collect()
}

/// As Plex has it: but for films the key says whose field it is.
fn meta_field(field: &Field, kind: ItemKind) -> MetaField {
    let key = if kind == ItemKind::Movie { field.name.into() } else { format!("{kind}.{}", field.name) };
    MetaField { key, title: field.title.into(), kind: field.compares.type_name().into() }
}

fn field_type(compares: Compares) -> FieldType {
    let operator = |(key, title): (&str, &str)| Operator { key: key.into(), title: title.into() };
    FieldType {
        kind: compares.type_name().into(),
        operators: compares.operators().into_iter().map(operator).collect(),
    }
}

fn number(kind: ItemKind) -> u8 {
    let all = butler_library::SectionKind::ALL.into_iter().flat_map(fields::listed);
    all.into_iter().find(|(listed, ..)| *listed == kind).map_or(0, |(_, number, _)| *number)
}
