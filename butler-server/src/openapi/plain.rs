//! The document in words that generators of clients take: no `allOf` of parts that may be alternatives, no
//! link of the source's documentation, no operation's name twice.

use serde_json::{Map, Value};

/// Where components lie, as references name them.
const SCHEMAS: &str = "#/components/schemas/";

/// Rewrites the whole document; what it says stays the same.
pub(super) fn rewrite(document: &mut Value) {
    let schemas = document.pointer("/components/schemas").cloned().unwrap_or_default();
    rewrite_below(document, &schemas);
    name_operations(document);
}

fn rewrite_below(value: &mut Value, schemas: &Value) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(text)) = fields.get_mut("description") {
                *text = without_links(text);
            }
            if let Some(merged) = merged(fields, schemas) {
                *fields = merged;
            }
            fields.values_mut().for_each(|value| rewrite_below(value, schemas));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| rewrite_below(value, schemas)),
        _ => {}
    }
}

/// A schema that is all of some others, as one object; where one of those is one of several, as one of as
/// many objects.
fn merged(schema: &Map<String, Value>, schemas: &Value) -> Option<Map<String, Value>> {
    let mut whole = vec![Map::new()];
    for part in schema.get("allOf")?.as_array()? {
        let shapes = shapes(part, schemas);
        whole =
            whole.iter().flat_map(|left| shapes.iter().map(|right| joined(left.clone(), right))).collect();
    }
    let mut merged = match <[_; 1]>::try_from(whole) {
        Ok([object]) => object,
        Err(objects) => {
            let objects = objects.into_iter().map(Value::Object).collect();
            Map::from_iter([("oneOf".to_owned(), Value::Array(objects))])
        }
    };
    if let Some(description) = schema.get("description") {
        merged.insert("description".into(), description.clone());
    }
    Some(merged)
}

/// The objects that a schema stands for.
fn shapes(schema: &Value, schemas: &Value) -> Vec<Map<String, Value>> {
    let name = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix(SCHEMAS));
    let found = name.and_then(|name| schemas.get(name)).unwrap_or(schema);
    let Some(object) = found.as_object() else { return Vec::new() };
    if let Some(merged) = merged(object, schemas) {
        return shapes(&Value::Object(merged), schemas);
    }
    match object.get("oneOf").and_then(Value::as_array) {
        Some(several) => several.iter().flat_map(|one| shapes(one, schemas)).collect(),
        None => vec![object.clone()],
    }
}

/// An object that has what both have.
fn joined(mut left: Map<String, Value>, right: &Map<String, Value>) -> Map<String, Value> {
    for (key, value) in right {
        match (left.get_mut(key), value) {
            (Some(Value::Object(old)), Value::Object(new)) => old.extend(new.clone()),
            (Some(Value::Array(old)), Value::Array(new)) => old.extend(new.clone()),
            _ => {
                left.insert(key.clone(), value.clone());
            }
        }
    }
    left
}

/// A documentation link as the last word of its path: ``[`crate::Reason`]`` is `` `Reason` ``.
fn without_links(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, link)) = rest.split_once("[`")
        && let Some((path, after)) = link.split_once("`]")
    {
        let name = path.rsplit("::").next().unwrap_or(path);
        plain.extend([before, "`", name, "`"]);
        rest = after;
    }
    plain + rest
}

/// An operation is named by its tag too: `runs_list` and `failures_list`.
fn name_operations(document: &mut Value) {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for operation in paths.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut) {
        for operation in operation.values_mut() {
            let tag = operation.pointer("/tags/0").and_then(Value::as_str).map(str::to_owned);
            if let (Some(tag), Some(Value::String(id))) = (tag, operation.get_mut("operationId"))
                && !id.starts_with(&tag)
            {
                *id = format!("{tag}_{id}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_of_one_or_the_other_and_more_is_one_or_the_other_with_more() {
        let mut document = json!({"components": {"schemas": {
            "Either": {"oneOf": [{"type": "object", "properties": {"a": {}}, "required": ["a"]},
                                 {"type": "object", "properties": {"b": {}}}]},
            "Both": {"allOf": [{"$ref": "#/components/schemas/Either"},
                               {"type": "object", "properties": {"c": {}}, "required": ["c"]}]},
        }}});
        rewrite(&mut document);
        assert_eq!(
            document["components"]["schemas"]["Both"],
            json!({"oneOf": [{"type": "object", "properties": {"a": {}, "c": {}}, "required": ["a", "c"]},
                             {"type": "object", "properties": {"b": {}, "c": {}}, "required": ["c"]}]})
        );
    }

    #[test]
    fn a_link_is_its_last_word() {
        assert_eq!(without_links("As in [`crate::run::Reason`], not [x]."), "As in `Reason`, not [x].");
        assert_eq!(without_links("An open [`end"), "An open [`end");
    }
}
