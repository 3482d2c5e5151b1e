//! The OpenAPI document and the routes are one thing written twice; this holds them together.

use crate::http::{INTERNAL, INTERNAL_OPEN, PUBLIC};
use serde_json::Value;
use std::collections::BTreeSet;

const DOCUMENT: &str = include_str!("../../../docs/openapi.yaml");
const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];

fn document() -> Value {
    serde_yaml_ng::from_str(DOCUMENT).unwrap()
}

/// `METHOD path` of every route.
fn served() -> BTreeSet<String> {
    let all = PUBLIC.iter().chain(INTERNAL).chain(INTERNAL_OPEN);
    all.flat_map(|(path, methods)| methods.iter().map(move |method| format!("{method} {path}"))).collect()
}

fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().iter().map(move |(method, operation)| (method, path, operation))
        })
        .filter(|(method, ..)| METHODS.contains(&method.as_str()))
        .map(|(method, path, operation)| (format!("{} {path}", method.to_uppercase()), operation))
        .collect()
}

#[test]
fn every_route_is_documented_and_every_documented_route_is_served() {
    let document = document();
    let documented: BTreeSet<String> = operations(&document).into_iter().map(|(name, _)| name).collect();
    assert_eq!(documented, served());
}

#[test]
fn the_document_says_where_a_key_is_needed() {
    let document = document();
    for (name, operation) in operations(&document) {
        let security = operation["security"].to_string();
        let path = name.split(' ').nth(1).unwrap();
        let is_keyed = INTERNAL.iter().any(|(keyed, _)| *keyed == path);
        assert_eq!(security.contains("apiKey"), is_keyed, "{name}: {security}");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(document: &Value, value: &Value) {
        match value {
            Value::Object(object) => {
                if let Some(Value::String(reference)) = object.get("$ref") {
                    assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
                }
                object.values().for_each(|value| walk(document, value));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(document, value)),
            _ => {}
        }
    }
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    walk(&document, &document);
}

#[test]
fn every_error_code_is_documented() {
    let codes = document()["components"]["schemas"]["ErrorCode"]["enum"].to_string();
    for code in hubwire_protocol::ErrorCode::ALL {
        assert!(codes.contains(&format!("\"{code}\"")), "{code}");
    }
}
