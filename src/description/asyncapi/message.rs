//! One message of the document.

use serde_json::{json, Value};

/// One message: an action with its type and summary, and what stands in it.
pub struct Message {
    /// Its name in the document.
    pub id: &'static str,
    /// Its `type`; absent: one of the application's own.
    pub kind: Option<&'static str>,
    /// What it is for.
    pub summary: &'static str,
    /// What it carries.
    pub payload: Payload,
    /// What stands beside that.
    pub meta: Meta,
    /// An action that shows it.
    pub example: Option<Value>,
}

/// What an action carries.
pub enum Payload {
    /// This.
    Needed(Value),
    /// This, `null` or nothing.
    Optional(Value),
    /// Anything, which nobody looks at, or nothing.
    Any,
}

/// What stands beside it.
pub enum Meta {
    /// The schema of that name, and it may be absent.
    Optional(&'static str),
    /// The schema of that name.
    Needed(&'static str),
    /// Nothing that is worth a word.
    None,
}

/// A schema of the document.
pub fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}
