//! One operation, and what several of them have in common.

use crate::description::schema::Schemas;
use schemars::JsonSchema;
use serde_json::{json, Map, Value};

/// What stands once in the document.
#[derive(Default)]
pub struct Components {
    /// The shapes.
    pub schemas: Schemas,
    /// The segments of paths.
    pub parameters: Map<String, Value>,
}

/// The parts of an operation that its handler says.
#[derive(Default)]
pub struct Operation {
    /// Of the path, the query and the headers.
    pub parameters: Vec<Value>,
    /// The schema of the body.
    pub body: Option<Value>,
    /// By status.
    pub responses: Map<String, Value>,
}

impl Operation {
    /// The fields of a type are parameters, each of its own: in the query, or in headers.
    pub fn take_fields<T: JsonSchema>(&mut self, place: &str, components: &mut Components) {
        let schema = components.schemas.inner_read::<T>();
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
        self.parameters.extend(schema["properties"].as_object().into_iter().flatten().map(parameter));
    }
}
