//! Describes the answers of a handler by their types.

use super::operation::Components;
use crate::description::schema::Schemas;
use crate::http::failure::{Failed, Failure};
use crate::http::health::Ready;
use crate::http::responses::{Bare, Events, Secret, Status, Text, TextKind, WithCookie, Yaml};
use schemars::JsonSchema;
use serde_json::{json, Map, Value};

/// The reference to the answer with an error.
pub const ERROR: &str = "#/components/responses/Error";

/// An answer.
pub trait Gives {
    /// Adds the answer to the document, by its status.
    fn describe(responses: &mut Map<String, Value>, components: &mut Components);
}

impl<T: Gives> Gives for Result<T, Failure> {
    fn describe(responses: &mut Map<String, Value>, components: &mut Components) {
        T::describe(responses, components);
        responses.insert("default".into(), json!({ "$ref": ERROR }));
    }
}

impl<const CODE: u16, T: JsonSchema> Gives for Status<CODE, T> {
    fn describe(responses: &mut Map<String, Value>, components: &mut Components) {
        responses.insert(CODE.to_string(), json_of::<T>(&mut components.schemas));
    }
}

impl<const CODE: u16> Gives for Bare<CODE> {
    fn describe(responses: &mut Map<String, Value>, _: &mut Components) {
        let description = if CODE == 202 { "The request was accepted." } else { "The request was carried out." };
        responses.insert(CODE.to_string(), json!({ "description": description }));
    }
}

impl<R: Gives> Gives for Secret<R> {
    fn describe(responses: &mut Map<String, Value>, components: &mut Components) {
        R::describe(responses, components);
    }
}

impl<R: Gives> Gives for WithCookie<R> {
    fn describe(responses: &mut Map<String, Value>, components: &mut Components) {
        R::describe(responses, components);
        responses
            .values_mut()
            .for_each(|it| it["headers"] = json!({ "Set-Cookie": { "schema": { "type": "string" } } }));
    }
}

impl<K: TextKind> Gives for Text<K> {
    fn describe(responses: &mut Map<String, Value>, _: &mut Components) {
        let (description, shape) = match K::MEDIA_TYPE {
            Events::MEDIA_TYPE => ("Server-sent events, until the client disconnects.", "string"),
            Yaml::MEDIA_TYPE => ("The document for this version.", "object"),
            _ => ("All metrics of the node and its process.", "string"),
        };
        let content = json!({ K::MEDIA_TYPE: { "schema": { "type": shape } } });
        responses.insert("200".into(), json!({ "description": description, "content": content }));
    }
}

impl Gives for Ready {
    fn describe(responses: &mut Map<String, Value>, components: &mut Components) {
        let said = |description: &str, schema: &Value| {
            let content = json!({ "application/json": { "schema": schema } });
            json!({ "description": description, "content": content })
        };
        let schema = components.schemas.written::<Ready>();
        let ready = "The node is ready for clients.";
        responses.insert("200".into(), said(ready, &schema));
        responses.insert("503".into(), said("The node is not ready for clients; `reasons` explains why.", &schema));
    }
}

fn json_of<T: JsonSchema>(schemas: &mut Schemas) -> Value {
    let inner = schemas.inner_written::<T>();
    let description = inner["description"].as_str().unwrap_or("The answer.");
    json!({ "description": description, "content": { "application/json": { "schema": schemas.written::<T>() } } })
}

/// The answer with an error.
pub fn error(schemas: &mut Schemas) -> Value {
    let mut response = json_of::<Failed>(schemas);
    response["headers"] = json!({ "Retry-After": {
        "description": "Seconds; present if the same request may succeed later.",
        "schema": { "type": "integer" },
    } });
    response
}
