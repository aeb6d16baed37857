//! Plex's XML as the JSON that it stands for: attributes are fields, and child elements of one name a list.
//! All values are texts; `lenient.rs` reads them as what they are meant to be.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use serde_json::{Map, Value};

/// Elements within one another; Plex's deepest document has six.
const MAX_DEPTH: usize = 64;

/// Why a text is no XML that could be Plex's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum XmlError {
    #[error("it is no XML")]
    Syntax(#[from] quick_xml::Error),
    #[error("it is no XML")]
    Attribute(#[from] quick_xml::events::attributes::AttrError),
    #[error("its elements lie too deep in one another")]
    TooDeep,
    #[error("it ends before its root does")]
    CutOff,
}

/// Reads a document: an object whose only field is the root.
pub(crate) fn read(text: &str) -> Result<Value, XmlError> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<(String, Map<String, Value>)> = Vec::new();
    loop {
        match reader.read_event()? {
            Event::Start(_) if open.len() >= MAX_DEPTH => return Err(XmlError::TooDeep),
            Event::Start(start) => open.push(element(&start)?),
            Event::End(_) => {
                let Some((name, fields)) = open.pop() else { return Err(XmlError::CutOff) };
                match open.last_mut() {
                    Some((_, parent)) => add(parent, name, fields),
                    None => return Ok(Value::Object(Map::from_iter([(name, Value::Object(fields))]))),
                }
            }
            Event::Eof => return Err(XmlError::CutOff),
            _ => {}
        }
    }
}

fn element(start: &BytesStart<'_>) -> Result<(String, Map<String, Value>), XmlError> {
    let mut fields = Map::new();
    for attribute in start.attributes() {
        let attribute = attribute?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0)?.into_owned();
        fields.insert(text(attribute.key.as_ref()), Value::String(value));
    }
    let name = text(start.name().as_ref());
    // What JSON calls `Metadata` is named after what it is.
    let is_item = matches!(name.as_str(), "Video" | "Track" | "Photo")
        || (name == "Directory" && fields.contains_key("ratingKey"));
    Ok((if is_item { "Metadata".to_owned() } else { name }, fields))
}

fn add(parent: &mut Map<String, Value>, name: String, fields: Map<String, Value>) {
    match parent.entry(name).or_insert_with(|| Value::Array(Vec::new())) {
        Value::Array(list) => list.push(Value::Object(fields)),
        // An attribute of the same name; the element says more.
        other => *other = Value::Array(vec![Value::Object(fields)]),
    }
}

fn text(name: impl AsRef<[u8]>) -> String {
    String::from_utf8_lossy(name.as_ref()).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn attributes_are_fields_and_elements_of_one_name_a_list() {
        let text = r#"<?xml version="1.0" encoding="UTF-8"?>
            <MediaContainer size="2"><Activity uuid="a &amp; b"><Context key="/x"/></Activity><Activity uuid="c"/></MediaContainer>"#;
        assert_eq!(
            read(text).unwrap(),
            json!({"MediaContainer": {"size": "2", "Activity": [{"uuid": "a & b", "Context": [{"key": "/x"}]}, {"uuid": "c"}]}})
        );
    }

    #[test]
    fn items_are_metadata_whatever_their_element_is_called() {
        let text = r#"<MediaContainer><Video ratingKey="1"/><Directory ratingKey="2"/><Directory key="3"/></MediaContainer>"#;
        assert_eq!(
            read(text).unwrap(),
            json!({"MediaContainer": {"Metadata": [{"ratingKey": "1"}, {"ratingKey": "2"}], "Directory": [{"key": "3"}]}})
        );
    }

    #[test]
    fn what_is_no_whole_document_is_refused() {
        let deep = "<a>".repeat(100_000);
        for text in ["<a", "<a>", "<a><b></a></b>", "</a>", "", "<a b=c/>", "<a b=\"&nope;\"/>", &deep] {
            assert!(read(text).is_err(), "{:.20}", text);
        }
    }
}
