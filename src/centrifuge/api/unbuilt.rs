//! Parameters of Centrifugo's that this server has nothing for: one that says anything is refused by its name.

use super::failure::ApiError;
use serde_json::{Map, Value};

/// Refuses a command that has any of these parameters.
pub(super) fn refuse(method: &str, rest: &Map<String, Value>, names: &[&str]) -> Result<(), ApiError> {
    match names.iter().find(|name| rest.get(**name).is_some_and(says_anything)) {
        Some(name) => Err(ApiError::not_available(format!("`{method}` has no `{name}` here; leave it out"))),
        None => Ok(()),
    }
}

/// Libraries send what is not set, too.
fn says_anything(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(is) => *is,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => fields.values().any(says_anything),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hubwire_protocol::centrifuge::codes;
    use serde_json::json;

    #[test]
    fn what_is_not_built_is_refused_by_its_name_unless_it_says_nothing() {
        let refused = |rest: Value| refuse("subscribe", rest.as_object().unwrap(), &["info", "expire_at", "override"]);
        let silent = json!({ "info": null, "expire_at": 0, "override": { "presence": { "value": false } }, "new": 1 });
        assert_eq!(refused(silent), Ok(()));
        for (name, value) in [("info", json!([1])), ("expire_at", json!(9)), ("override", json!({ "a": true }))] {
            let error = refused(json!({ name: value })).unwrap_err();
            assert_eq!(error.code, codes::NOT_AVAILABLE.code);
            assert!(error.message.contains(&format!("`{name}`")), "{}", error.message);
        }
    }
}
