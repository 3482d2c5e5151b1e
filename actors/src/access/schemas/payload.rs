//! Reads a payload as the one value that every reader takes it for.

use super::Misfit;
use hubwire_protocol::StrictJson;
use serde_json::Value;

/// The value of a payload, which the decoder has checked already: how deep it is, and that its numbers are doubles.
///
/// # Errors
/// When a key of an object stands twice. Some readers take the first one and others the last, so what was checked
/// would not be what is read.
pub(super) fn read(payload: &str) -> Result<Value, Misfit> {
    serde_json::from_str(payload).map(|StrictJson(value)| value).map_err(|_| Misfit {
        path: String::new(),
        reason: "a key stands twice in one object, or a number is out of range".into(),
    })
}
