//! Plex's XML out of a JSON body, so that both forms come from one type: scalars become attributes (booleans
//! `1` and `0`, null left out), objects and arrays become child elements named by their key, and the body's
//! only key is the root. One word differs: what JSON calls `Metadata` is named after what it is, since
//! clients find items by that name.

use std::borrow::Cow;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, Event};
use serde::Serialize;
use serde_json::{Map, Value};

/// A body that has no form in Plex's XML.
#[derive(Debug, thiserror::Error)]
pub enum XmlError {
    /// The body can't be put into JSON.
    #[error("the body has no JSON form")]
    Json(#[from] serde_json::Error),
    /// The body is not an object with one key, the root's name.
    #[error("the body is not an object with one key")]
    NoRoot,
    /// Writing failed.
    #[error("the XML could not be written")]
    Write(#[from] std::io::Error),
}

/// Plex's XML of a body, with the declaration in front.
///
/// # Errors
/// If the body is not an object with exactly one key whose value is an object.
pub fn to_xml(body: &impl Serialize) -> Result<String, XmlError> {
    let Value::Object(body) = serde_json::to_value(body)? else { return Err(XmlError::NoRoot) };
    let mut entries = body.iter();
    let (Some((root, Value::Object(inner))), None) = (entries.next(), entries.next()) else {
        return Err(XmlError::NoRoot);
    };
    let mut writer = Writer::new(Vec::new());
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    element(&mut writer, root, inner)?;
    Ok(String::from_utf8_lossy(&writer.into_inner()).into_owned())
}

fn element(
    writer: &mut Writer<Vec<u8>>,
    name: &str,
    fields: &Map<String, Value>,
) -> Result<(), std::io::Error> {
    let mut start = BytesStart::new(name);
    let mut has_children = false;
    for (key, value) in fields {
        match scalar(value) {
            Some(text) => start.push_attribute((key.as_str(), text.as_ref())),
            None => has_children |= !value.is_null(),
        }
    }
    if !has_children {
        return writer.write_event(Event::Empty(start));
    }
    writer.write_event(Event::Start(start))?;
    for (key, value) in fields {
        match value {
            Value::Object(child) => element(writer, child_name(key, child), child)?,
            Value::Array(children) => {
                for child in children {
                    if let Value::Object(child) = child {
                        element(writer, child_name(key, child), child)?;
                    }
                }
            }
            _ => {}
        }
    }
    writer.write_event(Event::End(BytesEnd::new(name)))
}

/// The element's name of a child: its key, but for items.
fn child_name<'a>(key: &'a str, child: &Map<String, Value>) -> &'a str {
    if key != "Metadata" {
        return key;
    }
    match child.get("type").and_then(Value::as_str) {
        Some("movie" | "episode" | "clip") => "Video",
        Some("show" | "season" | "artist" | "album") => "Directory",
        Some("track") => "Track",
        // An album of photos.
        Some("photo") if is_parent(child) => "Directory",
        Some("photo") => "Photo",
        _ => key,
    }
}

fn is_parent(child: &Map<String, Value>) -> bool {
    child.get("key").and_then(Value::as_str).is_some_and(|key| key.ends_with("/children"))
}

fn scalar(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Bool(true) => Some("1".into()),
        Value::Bool(false) => Some("0".into()),
        Value::Number(number) => Some(number.to_string().into()),
        // XML 1.0 knows no control characters but tab and the line ends; a file's name may hold any.
        Value::String(text) if text.chars().any(is_forbidden) => {
            Some(text.replace(is_forbidden, "\u{fffd}").into())
        }
        Value::String(text) => Some(text.into()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn is_forbidden(character: char) -> bool {
    matches!(character, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TaskName;
    use crate::plex::{ButlerTask, ButlerTaskList, ButlerTasks};

    fn tasks(title: &str) -> ButlerTasks {
        let task = ButlerTask {
            name: TaskName::BackupDatabase,
            interval: 3,
            schedule_randomized: false,
            enabled: true,
            title: title.into(),
            description: String::new(),
        };
        ButlerTasks { list: ButlerTaskList { tasks: vec![task] } }
    }

    #[test]
    fn scalars_become_attributes_and_lists_become_children() {
        assert_eq!(
            to_xml(&tasks("Backup <Database> & \"co\"")).unwrap(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ButlerTasks><ButlerTask name=\"BackupDatabase\" \
             interval=\"3\" \
             scheduleRandomized=\"0\" enabled=\"1\" title=\"Backup &lt;Database&gt; &amp; &quot;co&quot;\" \
             description=\"\"/></ButlerTasks>"
        );
    }

    #[test]
    fn a_character_that_xml_forbids_does_not_break_the_document() {
        assert!(to_xml(&tasks("bell\u{7}")).unwrap().contains("title=\"bell\u{fffd}\""));
    }

    #[test]
    fn items_are_named_after_what_they_are() {
        for (kind, name) in [
            ("movie", "Video"),
            ("clip", "Video"),
            ("episode", "Video"),
            ("season", "Directory"),
            ("track", "Track"),
            ("photo", "Photo"),
        ] {
            let body = serde_json::json!({"MediaContainer": {"Metadata": [{"type": kind}]}});
            assert!(
                to_xml(&body)
                    .unwrap()
                    .ends_with(&format!("<MediaContainer><{name} type=\"{kind}\"/></MediaContainer>")),
                "{kind}"
            );
        }
    }

    #[test]
    fn an_album_of_photos_is_told_from_a_photo_by_its_key() {
        let body =
            |key: &str| serde_json::json!({"MediaContainer": {"Metadata": [{"type": "photo", "key": key}]}});
        let name = |key: &str| to_xml(&body(key)).unwrap().contains("<Directory ");
        assert_eq!([name("/library/metadata/1/children"), name("/library/metadata/2")], [true, false]);
    }

    #[test]
    fn a_body_without_one_root_is_refused() {
        assert!(matches!(to_xml(&serde_json::json!({"a": {}, "b": {}})), Err(XmlError::NoRoot)));
        assert!(matches!(to_xml(&serde_json::json!([1])), Err(XmlError::NoRoot)));
    }
}
