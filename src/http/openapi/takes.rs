//! What a handler takes.

use super::{Document, Operation};
use crate::auth::api_key::ApiKey;
use crate::http::body::{Body, TextOf};
use crate::http::path::{At, InPath};
use crate::http::query::Query;
use crate::http::state::HttpState;
use actix_web::{web, HttpRequest};
use schemars::JsonSchema;
use serde_json::{json, Value};

/// All arguments of a handler.
pub trait Takes {
    /// Writes down what they are.
    fn describe(operation: &mut Operation, document: &mut Document);
}

/// One argument of a handler.
pub trait Part {
    /// Writes down what it is; nothing, where no client says it.
    fn describe(_operation: &mut Operation, _document: &mut Document) {}
}

macro_rules! takes {
    ($($part:ident)*) => {
        impl<$($part: Part),*> Takes for ($($part,)*) {
            fn describe(_operation: &mut Operation, _document: &mut Document) {
                $($part::describe(_operation, _document);)*
            }
        }
    };
}

takes! {}
takes! { A }
takes! { A B }
takes! { A B C }
takes! { A B C D }
takes! { A B C D E }

impl Part for web::Data<HttpState> {}
impl Part for web::ReqData<ApiKey> {}
impl Part for HttpRequest {}

impl<T: JsonSchema> Part for Body<T> {
    fn describe(operation: &mut Operation, document: &mut Document) {
        operation.body = Some(document.schemas.read::<T>());
    }
}

impl<T: JsonSchema> Part for TextOf<T> {
    fn describe(operation: &mut Operation, document: &mut Document) {
        Body::<T>::describe(operation, document);
    }
}

impl<T: JsonSchema> Part for Query<T> {
    fn describe(operation: &mut Operation, document: &mut Document) {
        operation.parameters.extend(fields::<T>("query", document));
    }
}

impl<T: InPath + JsonSchema> Part for At<T> {
    fn describe(operation: &mut Operation, document: &mut Document) {
        let component = T::NAME[..1].to_uppercase() + &T::NAME[1..];
        operation.parameters.push(json!({ "$ref": format!("#/components/parameters/{component}") }));
        let schema = document.schemas.read::<T>();
        let mut parameter = json!({ "name": T::NAME, "in": "path", "required": true, "schema": schema });
        if let Some(about) = about(T::NAME) {
            parameter["description"] = json!(about);
        }
        document.parameters.insert(component, parameter);
    }
}

/// What has to be known of a segment beside its schema.
fn about(segment: &str) -> Option<&'static str> {
    match segment {
        "stream" => Some("The address, percent-encoded: `org%3Aacme`. A session has no stream."),
        "channel" => Some("The address, percent-encoded: `ch%3Aacme%2Forder%2F1842`."),
        "incarnation" => Some("Of a node, as `GET /v1/cluster` lists it."),
        _ => None,
    }
}

/// The fields of a type, each as a parameter.
pub fn fields<T: JsonSchema>(place: &str, document: &mut Document) -> Vec<Value> {
    let schema = document.schemas.inner_read::<T>();
    let is_required = |name: &String| schema["required"].as_array().is_some_and(|it| it.contains(&json!(name)));
    let parameter = |(name, field): (&String, &Value)| {
        let mut field = field.clone();
        let mut parameter = json!({ "name": name, "in": place });
        if let Some(description) = field.as_object_mut().and_then(|field| field.remove("description")) {
            parameter["description"] = description;
        }
        if is_required(name) {
            parameter["required"] = json!(true);
        }
        parameter["schema"] = field;
        parameter
    };
    schema["properties"].as_object().into_iter().flatten().map(parameter).collect()
}
