//! Received actions, in the form that the commands need.

use super::error::CliError;
use hubwire_client::wire;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::Value;

/// An action whose payload is kept as text.
pub type Received<'a> = wire::Received<'a, &'a RawValue>;

/// Payload of `@@hub/error`.
#[derive(Debug, Deserialize)]
struct Refusal {
    code: String,
    message: String,
}

/// The payload as a value; null when there is none.
pub fn payload(received: &Received<'_>) -> Value {
    received.payload.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
}

/// The error, if this is `@@hub/error`.
pub fn refusal(received: &Received<'_>) -> Option<CliError> {
    if received.kind != "@@hub/error" {
        return None;
    }
    let refusal = serde_json::from_str::<Refusal>(received.payload?.get()).ok()?;
    Some(CliError::Refused { code: refusal.code, message: refusal.message })
}
