//! The OpenAPI document, made of the descriptions that stand at the handlers: what is served is described,
//! and what is described is served.

use std::sync::Arc;

use axum::Extension;
use axum::http::header;
use axum::response::IntoResponse;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Paths, SecurityRequirement,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept;
use crate::app::App;

mod answers;
mod plain;
pub(crate) mod values;

const HEADER: &str = "token in the header";
const QUERY: &str = "token in the query";

/// The document as it is served, made once by the router of the routes it serves.
#[derive(Clone)]
pub(crate) struct Document(Arc<str>);

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(openapi))
}

/// The description of this API.
#[utoipa::path(get, path = "/openapi.json", tag = "server", responses((status = 200, description = "This document.", content_type = "application/json")))]
async fn openapi(Extension(Document(document)): Extension<Document>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, accept::JSON)], document.to_string())
}

/// Everything but the routes.
pub(crate) fn head() -> OpenApi {
    let license = LicenseBuilder::new().name("GPL-3.0-or-later").identifier(Some("GPL-3.0-or-later")).build();
    let info = InfoBuilder::new()
        .title("Butler")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "The task manager of a media server. The routes outside of `/api/v1` are Plex's: they answer JSON \
             where `Accept` prefers it and XML otherwise. Errors are a JSON array `errors` where `Accept` \
             names `application/json`, and a short page otherwise.",
        ))
        .license(Some(license))
        .build();
    let key = |key: fn(ApiKeyValue) -> ApiKey| SecurityScheme::ApiKey(key(ApiKeyValue::new("X-Plex-Token")));
    let components = ComponentsBuilder::new()
        .security_scheme(HEADER, key(ApiKey::Header))
        .security_scheme(QUERY, key(ApiKey::Query))
        .build();
    let either = [HEADER, QUERY].map(|name| SecurityRequirement::new(name, Vec::<String>::new()));
    OpenApiBuilder::new().info(info).components(Some(components)).security(Some(either)).build()
}

/// The whole document, of what the routes say of themselves.
pub(crate) fn document(mut document: OpenApi) -> Document {
    // The router's sign for "the rest of the path" is no part of OpenAPI's language.
    let paths = std::mem::take(&mut document.paths.paths);
    let mut plain = Paths::new();
    plain.paths = paths.into_iter().map(|(path, item)| (path.replace("{*", "{"), item)).collect();
    document.paths = plain;
    answers::complete(&mut document);
    values::complete(&mut document);
    let mut document = serde_json::to_value(document).unwrap_or_default();
    plain::rewrite(&mut document);
    Document(document.to_string().into())
}
