//! An action as a client sees it.

use serde_json::{json, Value};

/// A received action.
#[derive(Debug, Clone, PartialEq)]
pub struct Action(pub Value);

impl Action {
    /// `type`.
    pub fn kind(&self) -> &str {
        self.0["type"].as_str().unwrap_or_default()
    }

    /// `payload`.
    pub fn payload(&self) -> &Value {
        &self.0["payload"]
    }

    /// `meta.hub.<key>`; null when absent.
    pub fn hub(&self, key: &str) -> &Value {
        &self.0["meta"]["hub"][key]
    }

    /// `meta.hub.to`.
    pub fn to(&self) -> &str {
        self.hub("to").as_str().unwrap_or_default()
    }

    /// `meta.hub.pos` of a publication, or `payload.pos` of an ack.
    pub fn pos(&self) -> &str {
        self.hub("pos").as_str().or(self.payload()["pos"].as_str()).unwrap_or_else(|| panic!("no position: {self:?}"))
    }

    /// `payload.code` of an error.
    pub fn code(&self) -> &str {
        self.payload()["code"].as_str().unwrap_or_else(|| panic!("no error: {self:?}"))
    }

    /// Whether it belongs to the protocol and not to the application.
    pub fn is_control(&self) -> bool {
        self.kind().starts_with("@@hub/")
    }

    /// The users of `joined`, `left` or `presence`, each with the number of sessions where there is one.
    pub fn users(&self) -> Vec<(String, Option<u64>)> {
        let user = |value: &Value| match value {
            Value::String(user) => (user.clone(), None),
            other => (other["user"].as_str().unwrap_or_default().to_string(), other["sessions"].as_u64()),
        };
        let mut users: Vec<_> = self.payload()["users"].as_array().into_iter().flatten().map(user).collect();
        users.sort();
        users
    }
}

/// The number that orders positions of one stream.
pub fn seq(pos: &str) -> u64 {
    pos.split_once('-').and_then(|(seq, _)| seq.parse().ok()).unwrap_or_else(|| panic!("no position: {pos:?}"))
}

/// An action of the application to send.
pub fn publication(to: &str, kind: &str, payload: Value) -> Value {
    json!({ "type": kind, "payload": payload, "meta": { "hub": { "to": to } } })
}

/// A control action without address.
pub fn control(kind: &str, payload: Value) -> Value {
    json!({ "type": kind, "payload": payload })
}

/// A control action at an address.
pub fn control_at(to: &str, kind: &str, payload: Value) -> Value {
    publication(to, kind, payload)
}
