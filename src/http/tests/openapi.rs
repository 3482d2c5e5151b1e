//! Compares the OpenAPI document with the routes.

use crate::http::routes::{INTERNAL, INTERNAL_OPEN, PUBLIC};
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

#[actix_rt::test]
async fn a_node_serves_its_own_descriptions_to_strangers_in_development_only() {
    use crate::http::documents;
    use crate::http::routes::public;
    use actix_web::http::StatusCode;
    use actix_web::test::{call_service, init_service, TestRequest};
    use actix_web::App;
    let fake = super::fake::Fake::default();
    for (path, title) in [("/openapi.yaml", "hubwire"), ("/asyncapi.yaml", "hubwire.v1")] {
        let ask = || TestRequest::get().uri(path);
        let internal = super::ask_internal(&fake, ask()).await;
        assert_eq!((internal.status, internal.header("content-type")), (StatusCode::OK, "application/yaml"));
        let document: Value = serde_yaml_ng::from_str(&internal.text).unwrap();
        assert!(document["info"]["title"].as_str().unwrap().starts_with(title), "{}", document["info"]);
        for (shown, status) in [(true, StatusCode::OK), (false, StatusCode::NOT_FOUND)] {
            let app = App::new().configure(documents(shown)).configure(public(fake.state()));
            let response = call_service(&init_service(app).await, ask().to_request()).await;
            assert_eq!(response.status(), status, "{path} in development: {shown}");
        }
    }
}
