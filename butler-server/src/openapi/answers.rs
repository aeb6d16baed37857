//! The answers that every route gives for the same reasons, and the forms of an error: they are added to the
//! document in one place, so that no handler's description can forget them.

use butler_api::plex::Errors;
use utoipa::PartialSchema;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response, ResponseBuilder};

use crate::error;

/// What any operation may answer.
const COMMON: [(&str, &str); 2] = [
    ("400", "A parameter is unknown or can't be read; the sentence says which."),
    (
        "503",
        "The server is shutting down, or its disk or database can't be used; the sentence says what to do.",
    ),
];
/// What one that changes something may answer.
const FULL: &str = "The disk is full, and nothing was changed.";

/// Adds them to every operation.
pub(super) fn complete(document: &mut OpenApi) {
    if let Some(components) = &mut document.components {
        components.schemas.entry("Errors".into()).or_insert_with(Errors::schema);
    }
    for (path, item) in &mut document.paths.paths {
        let is_json_only = error::is_json_only(path);
        item.get.iter_mut().for_each(|operation| complete_operation(operation, is_json_only));
        for operation in [&mut item.put, &mut item.post, &mut item.delete].into_iter().flatten() {
            operation.responses.responses.entry("507".into()).or_insert_with(|| answer(FULL));
            complete_operation(operation, is_json_only);
        }
    }
}

fn complete_operation(operation: &mut Operation, is_json_only: bool) {
    let answers = &mut operation.responses.responses;
    for (status, description) in COMMON {
        answers.entry(status.into()).or_insert_with(|| answer(description));
    }
    for (status, answer) in answers.iter_mut() {
        let RefOr::T(answer) = answer else { continue };
        match status.as_bytes().first() {
            Some(b'4' | b'5') => *answer = with_forms(answer, is_json_only),
            Some(b'2') if !is_json_only => may_be_empty(answer),
            _ => {}
        }
    }
}

fn answer(description: &str) -> RefOr<Response> {
    RefOr::T(ResponseBuilder::new().description(description).build())
}

/// Plex's actions answer nothing, as a page without text, and JSON only to who names it: clients would parse
/// any other body as XML.
fn may_be_empty(answer: &mut Response) {
    let is_action = answer.content.keys().all(|form| form == "application/json");
    if is_action {
        let nothing = ObjectBuilder::new().schema_type(Type::String).max_length(Some(0));
        answer.content.insert("text/html".into(), RefOr::T(Content::new(Some(nothing))));
    }
}

/// An error's forms: JSON, and outside of Butler's own API Plex's page, unless `Accept` names JSON.
fn with_forms(answer: &Response, is_json_only: bool) -> Response {
    let errors = Content::new(Some(Ref::from_schema_name("Errors")));
    let forms =
        ResponseBuilder::new().description(answer.description.clone()).content("application/json", errors);
    if is_json_only {
        return forms.build();
    }
    let page = ObjectBuilder::new().schema_type(Type::String).description(Some("A short page."));
    forms.content("text/html", Content::new(Some(page))).build()
}
