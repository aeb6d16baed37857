//! What a server says when it refuses: Butler's JSON `errors` array, plex.tv's XML, or the short HTML page of
//! a Plex Media Server (`<h1>401 Unauthorized</h1>`).

use serde_json::Value;

/// A refusal's body, read as far as it can be. Its message is as long as the server made it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: Option<u32>,
    pub(crate) message: String,
}

impl Refusal {
    /// Reads the body of an answer with this status.
    pub(crate) fn read(status: u16, body: &str) -> Self {
        let (code, message) = json(body).or_else(|| markup(body)).unwrap_or((None, String::new()));
        let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
        Self { code, message: if message.is_empty() { status_name(status) } else { message } }
    }
}

/// Whether a body is Plex's page of a status, `<h1>200 OK</h1>`, and no page of somebody else.
pub(crate) fn is_page_of(status: u16, body: &str) -> bool {
    let heading = between(body, "<h1>", "</h1>").unwrap_or_default();
    heading.split_whitespace().next() == Some(status.to_string().as_str())
}

fn json(body: &str) -> Option<(Option<u32>, String)> {
    let body: Value = serde_json::from_str(body).ok()?;
    let first = body.get("errors")?.get(0)?;
    let code = first.get("code").and_then(|code| code.as_u64().or_else(|| code.as_str()?.parse().ok()));
    let message = first.get("message").and_then(Value::as_str).unwrap_or_default();
    Some((code.and_then(|code| u32::try_from(code).ok()), message.to_owned()))
}

fn markup(body: &str) -> Option<(Option<u32>, String)> {
    let heading = || between(body, "<h1>", "</h1>").or_else(|| between(body, "<title>", "</title>"));
    // plex.tv: `<errors><error>...</error></errors>` or `<Response code="" status="">`; a server in start-up:
    // `<... text="">`.
    let element = || {
        between(body, "<error>", "</error>")
            .or_else(|| between(body, " text=\"", "\""))
            .or_else(|| between(body, " status=\"", "\""))
    };
    if !body.trim_start().starts_with('<') {
        return None;
    }
    let code = between(body, " code=\"", "\"").and_then(|code| code.parse().ok());
    Some((code, heading().or_else(element)?.to_owned()))
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

fn status_name(status: u16) -> String {
    let name = reqwest::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    name.unwrap_or("no reason given").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_refusal_gives_its_sentence() {
        let check = |body: &str, code: Option<u32>, message: &str| {
            assert_eq!(Refusal::read(401, body), Refusal { code, message: message.into() }, "{body}");
        };
        check(
            r#"{"errors":[{"code":1001,"message":"User could not be authenticated","status":401}]}"#,
            Some(1001),
            "User could not be authenticated",
        );
        check(r#"{"errors":[{"code":"1001","message":"No."}]}"#, Some(1001), "No.");
        check(
            "<html><head><title>Unauthorized</title></head><body><h1>401 Unauthorized</h1></body></html>",
            None,
            "401 Unauthorized",
        );
        check(r#"<?xml version="1.0"?><errors><error code="1001">x</error></errors>"#, None, "Unauthorized");
        check("<errors><error>Invalid  token</error></errors>", None, "Invalid token");
        check(
            r#"<Response code="1001" status="User could not be authenticated"/>"#,
            Some(1001),
            "User could not be authenticated",
        );
        check(r#"<MediaContainer title="Maintenance" text="currently running"/>"#, None, "currently running");
        check("", None, "Unauthorized");
        check("\u{0}garbage", None, "Unauthorized");
        check(r#"{"errors":[]}"#, None, "Unauthorized");
    }

    #[test]
    fn plexs_page_of_a_status_is_told_from_everybody_elses() {
        let page = "<html><head><title>OK</title></head><body><h1>200 OK</h1></body></html>";
        assert!(is_page_of(200, page) && !is_page_of(202, page));
        let login = "\n<!DOCTYPE html><html><body><h1>Log in to your router</h1></body></html>";
        assert!(!is_page_of(200, login) && !is_page_of(200, ""));
    }
}
