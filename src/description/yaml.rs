//! Writes a JSON value as YAML that people read: short things on one line, the words of OpenAPI and JSON Schema in the
//! order in which one asks for them.

use serde_json::{Map, Value};

/// Columns of a line.
const COLUMNS: usize = 120;
/// Keys in the order in which they are written; others follow by name.
const ORDER: &[&str] = &[
    "openapi",
    "asyncapi",
    "info",
    "defaultContentType",
    "servers",
    "tags",
    "channels",
    "operations",
    "paths",
    "components",
    "operationId",
    "action",
    "name",
    "in",
    "address",
    "channel",
    "type",
    "const",
    "title",
    "summary",
    "description",
    "security",
    "parameters",
    "requestBody",
    "responses",
    "required",
    "schema",
    "content",
    "enum",
    "pattern",
    "additionalProperties",
    "properties",
    "oneOf",
    "anyOf",
];
/// Keys below which names stand that are no words of the format.
const NAMES: &[&str] = &["properties", "schemas", "messages", "responses", "paths", "parameters", "content", "headers"];

/// The document, behind a comment.
pub fn document(comment: &str, value: &Value) -> String {
    let mut text = format!("# {comment}\n");
    let Value::Object(object) = value else { return text };
    block(&mut text, object, 0, false);
    text
}

fn entries(object: &Map<String, Value>, are_names: bool) -> Vec<(&String, &Value)> {
    let mut entries: Vec<_> = object.iter().collect();
    let rank = |key: &str| ORDER.iter().position(|known| *known == key).unwrap_or(ORDER.len());
    if !are_names {
        entries.sort_by_key(|(key, _)| rank(key));
    }
    entries
}

fn block(text: &mut String, object: &Map<String, Value>, indent: usize, are_names: bool) {
    for (key, value) in entries(object, are_names) {
        text.push_str(&" ".repeat(indent));
        text.push_str(&scalar(key));
        text.push(':');
        below(text, value, indent, indent + key.len() + 2, !are_names && NAMES.contains(&key.as_str()));
    }
}

/// What stands behind a key or a dash: on its line where it fits, otherwise below.
fn below(text: &mut String, value: &Value, indent: usize, column: usize, are_names: bool) {
    let line = flow(value, are_names);
    let fits = column + line.len() <= COLUMNS && !line.contains('\n') && depth(value) <= 3;
    match value {
        Value::Object(object) if !object.is_empty() && !fits => {
            text.push('\n');
            block(text, object, indent + 2, are_names);
        }
        Value::Array(items) if !items.is_empty() && !fits => {
            text.push('\n');
            items.iter().for_each(|item| in_list(text, item, indent + 2));
        }
        Value::String(long) if !fits && !long.contains("  ") => folded(text, long, indent + 2),
        _ => text.push_str(&format!(" {line}\n")),
    }
}

fn in_list(text: &mut String, item: &Value, indent: usize) {
    let line = flow(item, false);
    text.push_str(&" ".repeat(indent));
    text.push('-');
    match item {
        Value::Object(object) if indent + 2 + line.len() > COLUMNS || depth(item) > 3 => {
            let mut inner = String::new();
            block(&mut inner, object, indent + 2, false);
            text.push_str(&inner[indent + 1..]); // the first key stands behind the dash
        }
        other => below(text, other, indent, indent + 2, false),
    }
}

/// How many levels of braces it takes.
fn depth(value: &Value) -> usize {
    match value {
        Value::Object(object) => 1 + object.values().map(depth).max().unwrap_or(0),
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

fn flow(value: &Value, are_names: bool) -> String {
    match value {
        Value::Object(object) if object.is_empty() => "{}".to_owned(),
        Value::Object(object) => {
            let entry = |(key, value): (&String, &Value)| {
                let inner = flow(value, !are_names && NAMES.contains(&key.as_str()));
                format!("{}: {inner}", scalar(key))
            };
            format!("{{ {} }}", entries(object, are_names).into_iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(|item| flow(item, false)).collect::<Vec<_>>().join(", "))
        }
        Value::String(text) => scalar(text),
        other => other.to_string(),
    }
}

/// A text on its own; quoted where YAML would take it for something else.
fn scalar(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " _/-.()'".contains(c);
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let is_word = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text.to_lowercase().as_str());
    match begins && !is_word && !text.ends_with(' ') && text.chars().all(is_plain) {
        true => text.to_owned(),
        // what JSON quotes YAML reads
        false => Value::from(text).to_string(),
    }
}

/// A long text, folded: a line break is a space, a blank line in between a line break.
fn folded(text: &mut String, long: &str, indent: usize) {
    text.push_str(" >-\n");
    for (at, line) in long.lines().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        if line.is_empty() {
            continue;
        }
        let mut column = 0;
        for word in line.split(' ') {
            match column {
                0 => column = indent,
                _ if column + 1 + word.len() <= COLUMNS => column += 1,
                _ => {
                    text.push('\n');
                    column = indent;
                }
            }
            text.push_str(&" ".repeat(if column == indent { indent } else { 1 }));
            text.push_str(word);
            column += word.len();
        }
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_written_is_read_back() {
        let long = "One sentence that is longer than a line by far, so that it is folded. ".repeat(4);
        let value = json!({
            "openapi": "3.1.0",
            "paths": { "/v1/x": { "get": { "summary": "A: b", "deprecated": false, "tags": ["yes", "1", "- x"] } } },
            "components": { "schemas": {
                "Id": { "pattern": r"^[^\x00-\x1f]+$", "description": format!("{}\n\n{0}", long.trim()) },
                "type": { "properties": { "type": { "type": "integer", "enum": [1, 2] }, "a": {}, "b": [] } },
                "list": { "oneOf": [{ "description": long.trim(), "enum": ["a"] }, [["x"]], null, "it's", "%", "#"] },
            } },
        });
        let text = document("a comment", &value);
        assert_eq!(serde_yaml_ng::from_str::<Value>(&text).unwrap(), value, "{text}");
        assert!(text.lines().all(|line| line.len() <= COLUMNS), "{text}");
    }
}
