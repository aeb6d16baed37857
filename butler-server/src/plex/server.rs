//! `/identity`, which anybody may ask, and `/`, by which clients get to know the server.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use butler_api::plex::{Container, Errors, Identity, Root, RootDirectory};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept::Wants;
use crate::app::App;
use crate::error::Problem;
use crate::page::{self, Viewer};
use crate::plex::sections;

/// The version of Plex's API that the captured servers gave.
const API_VERSION: &str = "1.2.3";

/// The version that clients get to see. Many refuse an older server than they know, and none knows Butler's
/// own versions: those stand in the header `X-Butler-Version` of every answer.
const VERSION: &str = "1.43.0.0-butler";

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(identity)).routes(routes!(root))
}

/// Says which server this is; needs no token.
#[utoipa::path(get, path = "/identity", tag = "server", security(()), responses(
    (status = 200, description = "Its identifier and version.",
        content((Container<Identity> = "application/json"), (Container<Identity> = "text/xml"))),
))]
async fn identity(State(app): State<App>, wants: Wants) -> Result<Response, Problem> {
    wants.answer(&Container::new(Identity {
        size: 0,
        api_version: Some(API_VERSION.into()),
        claimed: false,
        machine_identifier: app.about.machine_identifier.clone(),
        version: VERSION.into(),
    }))
}

/// Says what the server is and can do; where `Accept` names HTML, the first page for people.
#[utoipa::path(get, path = "/", tag = "server", responses(
    (status = 200, description = "Its attributes, and what can be asked next.",
        content((Container<Root> = "application/json"), (Container<Root> = "text/xml"))),
    (status = 401, description = "The token is missing or wrong.", body = Errors),
))]
async fn root(
    State(app): State<App>,
    wants: Wants,
    headers: HeaderMap,
    viewer: Viewer,
) -> Result<Response, Problem> {
    if page::is_for_people(&headers) {
        return page::front(&app, &viewer).await;
    }
    let updated_at = app.library(sections::last_change).await?;
    let directories = ["activities", "butler", "identity", "library"].map(|key| RootDirectory {
        count: 1,
        key: key.into(),
        title: key.into(),
    });
    wants.answer(&Container::new(Root {
        size: directories.len() as u64,
        directories: directories.into(),
        ..attributes(&app, updated_at)
    }))
}

/// What the server is and can do. `updated_at` is the last change of a section, in Unix seconds.
pub(crate) fn attributes(app: &App, updated_at: i64) -> Root {
    Root {
        api_version: API_VERSION.into(),
        background_processing: true,
        event_stream: true,
        friendly_name: app.friendly_name(),
        machine_identifier: app.about.machine_identifier.clone(),
        media_providers: true,
        my_plex_mapping_state: "unknown".into(),
        my_plex_signin_state: "none".into(),
        platform: "Linux".into(),
        platform_version: app.about.platform_version.clone(),
        updated_at,
        version: VERSION.into(),
        ..Root::default()
    }
}
