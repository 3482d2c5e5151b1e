//! One operation, and the components that operations share.

use crate::description::schema::Schemas;
use schemars::JsonSchema;
use serde_json::{json, Map, Value};

/// The shared parts of the document.
#[derive(Default)]
pub struct Components {
    /// The schemas.
    pub schemas: Schemas,
    /// The segments of paths.
    pub parameters: Map<String, Value>,
}

/// The parts of an operation that follow from its handler.
#[derive(Default)]
pub struct Operation {
    /// The parameters in the path, the query and the headers.
    pub parameters: Vec<Value>,
    /// The schema of the body.
    pub body: Option<Value>,
    /// The responses by status.
    pub responses: Map<String, Value>,
}

impl Operation {
    /// Adds each field of a type as a parameter, in the query or in the headers.
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
