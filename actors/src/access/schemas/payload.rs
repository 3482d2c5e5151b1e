//! Reads a payload so that every reader sees the same value.

use super::Misfit;
use hubwire_protocol::StrictJson;
use serde_json::Value;

/// The value of a payload. The decoder has already checked its depth, and that its numbers are doubles.
///
/// # Errors
/// If an object has a duplicate key. Some readers take the first value and others the last, so the receiver might read
/// another value than the one that was checked here.
pub(super) fn read(payload: &str) -> Result<Value, Misfit> {
    serde_json::from_str(payload).map(|StrictJson(value)| value).map_err(|_| Misfit {
        path: String::new(),
        reason: "a key occurs twice in one object, or a number is out of range".into(),
    })
}
