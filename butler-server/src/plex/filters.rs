//! How a section's list can be filtered, which python-plexapi asks before it searches, and the section's collections, of
//! which there are none. It filters nothing itself.

use axum::extract::{Path, State};
use axum::response::Response;
use butler_api::plex::{Container, Errors, FieldType, LIBRARY_IDENTIFIER, Meta, MetaType, MetadataPage, Operator};
use butler_library::{ItemKind, Section, SectionKind};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept::Wants;
use crate::app::App;
use crate::error::Problem;
use crate::params::Params;
use crate::plex::sections;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(collections))
}

/// Lists the collections of a section: none.
#[utoipa::path(get, path = "/library/sections/{id}/collections", tag = "library",
    params(
        ("id" = i64, Path, description = "The section's id."),
        ("includeMeta" = Option<u8>, Query, description = "1 adds how the list can be filtered: not at all."),
    ),
    responses(
        (status = 200, description = "An empty list.", content((Container<MetadataPage> = "application/json"), (Container<MetadataPage> = "text/xml"))),
        (status = 400, description = "A parameter can't be read; the sentence says which.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such section.", body = Errors),
    ))]
async fn collections(State(app): State<App>, wants: Wants, params: Params, Path(id): Path<String>) -> Result<Response, Problem> {
    let (section, _) = sections::known(&app, sections::parse(&id)?).await?;
    wants.answer(&Container::new(MetadataPage {
        identifier: LIBRARY_IDENTIFIER.into(),
        library_section_id: Some(section.id.0),
        library_section_title: Some(section.name),
        library_section_uuid: Some(section.uuid),
        meta: params.flag("includeMeta")?.then(Meta::default),
        ..MetadataPage::default()
    }))
}

/// How the list of a section's items can be filtered. `active` is the kind that is listed.
pub(crate) fn meta(section: &Section, active: Option<ItemKind>) -> Meta {
    let active = active.unwrap_or(section.kind.top());
    let listed: &[(ItemKind, u8, &str)] = match section.kind {
        SectionKind::Movie => &[(ItemKind::Movie, 1, "Movies")],
        SectionKind::Show => &[(ItemKind::Show, 2, "Shows"), (ItemKind::Season, 3, "Seasons"), (ItemKind::Episode, 4, "Episodes")],
        SectionKind::Artist => &[(ItemKind::Artist, 8, "Artists"), (ItemKind::Album, 9, "Albums"), (ItemKind::Track, 10, "Tracks")],
        SectionKind::Photo => &[(ItemKind::Photo, 13, "Photos")],
    };
    let kind = |(kind, number, title): &(ItemKind, u8, &str)| MetaType {
        key: format!("/library/sections/{}/all?type={number}", section.id),
        kind: kind.as_str().into(),
        title: (*title).into(),
        active: *kind == active,
    };
    let operators = [("=", "is"), ("!=", "is not")].map(|(key, title)| Operator { key: key.into(), title: title.into() });
    Meta { types: listed.iter().map(kind).collect(), field_types: vec![FieldType { kind: "integer".into(), operators: operators.into() }] }
}
