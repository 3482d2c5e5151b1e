//! Describes the arguments of a handler by their types.

use super::operation::{Components, Operation};
use crate::auth::api_key::ApiKey;
use crate::http::body::{Body, TextOf};
use crate::http::path::{At, InPath};
use crate::http::query::Query;
use crate::http::state::HttpState;
use actix_web::{web, HttpRequest};
use schemars::JsonSchema;
use serde_json::json;

/// All arguments of a handler.
pub trait Takes {
    /// Adds them to the document.
    fn describe(operation: &mut Operation, components: &mut Components);
}

/// One argument of a handler.
pub trait Part {
    /// Adds the argument to the document; nothing if it does not come from the client.
    fn describe(_operation: &mut Operation, _components: &mut Components) {}
}

macro_rules! takes {
    ($($part:ident)*) => {
        impl<$($part: Part),*> Takes for ($($part,)*) {
            fn describe(_operation: &mut Operation, _components: &mut Components) {
                $($part::describe(_operation, _components);)*
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
    fn describe(operation: &mut Operation, components: &mut Components) {
        operation.body = Some(components.schemas.read::<T>());
    }
}

impl<T: JsonSchema> Part for TextOf<T> {
    fn describe(operation: &mut Operation, components: &mut Components) {
        Body::<T>::describe(operation, components);
    }
}

impl<T: JsonSchema> Part for Query<T> {
    fn describe(operation: &mut Operation, components: &mut Components) {
        operation.take_fields::<T>("query", components);
    }
}

impl<T: InPath + JsonSchema> Part for At<T> {
    fn describe(operation: &mut Operation, components: &mut Components) {
        let component = T::NAME[..1].to_uppercase() + &T::NAME[1..];
        operation.parameters.push(json!({ "$ref": format!("#/components/parameters/{component}") }));
        let schema = components.schemas.read::<T>();
        let mut parameter = json!({ "name": T::NAME, "in": "path", "required": true, "schema": schema });
        if let Some(about) = about(T::NAME) {
            parameter["description"] = json!(about);
        }
        components.parameters.insert(component, parameter);
    }
}

/// The description of a segment, if its schema needs one.
fn about(segment: &str) -> Option<&'static str> {
    match segment {
        "stream" => Some("The address, percent-encoded: `org%3Aacme`. A session has no stream."),
        "channel" => Some("The address, percent-encoded: `ch%3Aacme%2Forder%2F1842`."),
        "incarnation" => Some("The incarnation of a node, as `GET /v1/cluster` lists it."),
        _ => None,
    }
}
