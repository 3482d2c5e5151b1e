//! Generates the OpenAPI document from the routes and from the types of their handlers' arguments and results.
//!
//! A [`Route`] has the entry from the table of routes; [`Takes`] and [`Gives`] derive the rest from the handler:
//! bodies, queries, segments of the path, statuses and answers. The description can therefore not differ from the code.

mod frame;
mod gives;
mod operation;
mod route;
mod takes;
mod tests;

pub use gives::Gives;
pub use operation::{Components, Operation};
pub use route::{Listener, Route, Shows};
pub use takes::{Part, Takes};

use crate::description::schema::{paragraphs, refer_to_names};
use actix_web::Handler;
use serde_json::{json, Map, Value};

/// The unfinished document.
#[derive(Default)]
pub struct Document {
    components: Components,
    paths: Map<String, Value>,
}

impl Document {
    /// Describes a route.
    pub fn route<F, Args>(&mut self, route: Route, _handler: F)
    where
        F: Handler<Args>,
        Args: Takes,
        F::Output: Gives,
    {
        let mut operation = Operation::default();
        Args::describe(&mut operation, &mut self.components);
        F::Output::describe(&mut operation.responses, &mut self.components);
        if route.listener == Listener::Keyed {
            // the key is checked before the handler runs
            operation.responses.insert("default".into(), json!({ "$ref": gives::ERROR }));
        }
        let described = described(&route, operation);
        let path = self.paths.entry(route.path).or_insert_with(|| json!({}));
        let there = &mut path[route.method.to_lowercase()];
        *there = match there.take() {
            Value::Object(other) => on_both(other, described),
            _ => Value::Object(described),
        };
    }

    /// The finished document.
    pub fn finish(mut self) -> Value {
        let error = gives::error(&mut self.components.schemas);
        let mut document = frame::frame();
        document["paths"] = Value::Object(self.paths);
        document["components"] = json!({
            "securitySchemes": frame::security_schemes(),
            "parameters": self.components.parameters,
            "responses": { "Error": error },
            "schemas": self.components.schemas.definitions(),
        });
        refer_to_names(&mut document);
        document
    }
}

fn described(route: &Route, operation: Operation) -> Map<String, Value> {
    let mut described = Map::new();
    let mut say = |key: &str, value: Value| {
        described.insert(key.to_owned(), value);
    };
    say("tags", json!([frame::tag(route.listener)]));
    if !route.operation.is_empty() {
        let doc = paragraphs(route.doc);
        let (summary, mut rest) =
            doc.split_once("\n\n").map_or((doc.as_str(), String::new()), |(it, rest)| (it, rest.to_owned()));
        if let Some(scope) = route.scope {
            let gap = if rest.is_empty() { "" } else { "\n\n" };
            rest += &format!("{gap}Needs a key with the scope `{}`.", scope.as_str());
        }
        say("operationId", json!(route.operation));
        say("summary", json!(summary));
        if !rest.is_empty() {
            say("description", json!(rest));
        }
    }
    say("security", frame::security(route));
    if !operation.parameters.is_empty() {
        say("parameters", json!(operation.parameters));
    }
    if let Some(body) = operation.body {
        say("requestBody", json!({ "required": true, "content": { "application/json": { "schema": body } } }));
    }
    say("responses", Value::Object(operation.responses));
    described
}

/// A route on both listeners is one operation: with the credentials of either, and the body of the one that has one.
fn on_both(mut one: Map<String, Value>, other: Map<String, Value>) -> Value {
    let have_body = [&one, &other].map(|it| it.contains_key("requestBody"));
    for (key, value) in other {
        match (one.get_mut(&key), value) {
            (Some(Value::Array(there)), Value::Array(more)) => {
                more.into_iter().for_each(|it| {
                    if !there.contains(&it) {
                        there.push(it)
                    }
                });
            }
            (Some(Value::Object(there)), Value::Object(more)) => there.extend(more),
            (Some(_), _) => {}
            (None, value) => {
                one.insert(key, value);
            }
        }
    }
    if have_body[0] != have_body[1] {
        one["requestBody"]["required"] = json!(false);
    }
    Value::Object(one)
}
