//! The OpenAPI document is current and consistent.

use crate::description::{written, yaml};
use crate::http::routes::{self, INTERNAL, INTERNAL_OPEN, PUBLIC};
use serde_json::Value;
use std::collections::BTreeSet;

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];
const COMMENT: &str =
    "made from src/http; `UPDATE_DOCS=1 cargo test --workspace --all-features --lib openapi` writes it anew";

#[test]
fn the_openapi_document_is_what_the_routes_and_their_types_say() {
    written::assert_current("docs/openapi.yaml", &yaml::document(COMMENT, &routes::openapi()));
}

/// `METHOD path` of every route.
fn served() -> BTreeSet<String> {
    let all = PUBLIC.iter().chain(INTERNAL).chain(INTERNAL_OPEN);
    all.flat_map(|(path, methods)| methods.iter().map(move |method| format!("{method} {path}"))).collect()
}

fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| item.as_object().unwrap().iter().map(move |it| (path, it)));
    all.filter(|(_, (method, _))| METHODS.contains(&method.as_str()))
        .map(|(path, (method, operation))| (format!("{} {path}", method.to_uppercase()), operation))
        .collect()
}

#[test]
fn every_route_is_described_once_and_says_whether_it_needs_a_key() {
    let document = routes::openapi();
    let operations = operations(&document);
    assert_eq!(operations.iter().map(|(name, _)| name.clone()).collect::<BTreeSet<_>>(), served());
    let mut names = BTreeSet::new();
    for (name, operation) in operations {
        let path = name.split(' ').nth(1).unwrap();
        let security = operation["security"].to_string();
        let is_keyed = INTERNAL.iter().any(|(keyed, _)| *keyed == path);
        assert_eq!(security.contains("apiKey"), is_keyed, "{name}: {security}");
        let operation_id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{name} has no name"));
        assert!(names.insert(operation_id), "{name} is called {operation_id} as another one");
        let summary = operation["summary"].as_str().unwrap_or_default();
        assert!(summary.ends_with('.'), "{name} says nothing: {summary:?}");
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
    let document = routes::openapi();
    walk(&document, &document);
}
