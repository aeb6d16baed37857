//! `/media/providers`, by which newer clients get to know the server: its attributes, and its sections with
//! their lists.
//!
//! Never names an address that answers nothing, but for the hubs' of a section: clients ask for the word, not
//! for the hub.

use axum::extract::State;
use axum::response::Response;
use butler_api::plex::{
    Container, Directory, Errors, LIBRARY_IDENTIFIER, MediaProvider, MediaProviders, Pivot, ProvidedSection,
    ProviderFeature, Root,
};
use butler_library::StoreError;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept::Wants;
use crate::app::App;
use crate::error::Problem;
use crate::plex::{sections, server};
use crate::view;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(providers))
}

/// Says what the server is and can do, and where its media are.
#[utoipa::path(get, path = "/media/providers", tag = "server", responses(
    (status = 200, description = "Its attributes and its one provider of media.",
        content((Container<MediaProviders> = "application/json"), (Container<MediaProviders> = "text/xml"))),
    (status = 401, description = "The token is missing or wrong.", body = Errors),
))]
async fn providers(State(app): State<App>, wants: Wants) -> Result<Response, Problem> {
    let ask = |library: &butler_library::Library| {
        Ok::<_, StoreError>((sections::last_change(library)?, sections::listed(library)?))
    };
    let runs = view::runs::unfinished(&app).await?;
    let (updated_at, (sections, refused)) = app.library(ask).await?;
    let directories =
        sections.into_iter().map(|section| provided(sections::directory(section, &runs, &refused))).collect();
    let feature = |kind: &str, key: Option<&str>, directories| ProviderFeature {
        key: key.map(Into::into),
        kind: kind.into(),
        directories,
    };
    let library = MediaProvider {
        identifier: LIBRARY_IDENTIFIER.into(),
        title: "Library".into(),
        types: "video,audio,photo".into(),
        protocols: "stream".into(),
        features: vec![
            feature("content", Some("/library/sections"), Some(directories)),
            feature("metadata", Some("/library/metadata"), None),
            feature("manage", None, None),
        ],
    };
    let server = Root { size: 1, ..server::attributes(&app, updated_at) };
    wants.answer(&Container::new(MediaProviders { server, providers: vec![library] }))
}

fn provided(section: Directory) -> ProvidedSection {
    let list_type = match section.kind.as_str() {
        "movie" => 1,
        "show" => 2,
        "artist" => 8,
        _ => 13,
    };
    let whole = Pivot {
        id: "library".into(),
        key: format!("/library/sections/{}/all?type={list_type}", section.key),
        kind: "list".into(),
        title: "Library".into(),
        context: "content.library".into(),
        symbol: "library".into(),
    };
    ProvidedSection {
        agent: section.agent,
        language: section.language,
        refreshing: section.refreshing,
        scanner: section.scanner,
        uuid: section.uuid,
        key: format!("/library/sections/{}", section.key),
        hub_key: format!("/hubs/sections/{}", section.key),
        id: section.key,
        kind: section.kind,
        title: section.title,
        updated_at: section.updated_at,
        scanned_at: section.scanned_at,
        pivots: vec![whole],
    }
}
