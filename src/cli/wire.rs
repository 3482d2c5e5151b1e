//! Actions as the client writes and reads them: JSON texts, whatever the codec of the connection.

use super::error::CliError;
use crate::ws::ClientMessage;
use bytes::Bytes;
use hubwire_protocol::Codec;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::Value;

/// A message to send.
pub enum Outgoing {
    /// For a JSON connection.
    Text(String),
    /// For a MessagePack connection.
    Binary(Bytes),
}

/// Encodes an action that is a JSON text.
pub fn encode(codec: Codec, action: String) -> Result<Outgoing, CliError> {
    match codec {
        Codec::Json => Ok(Outgoing::Text(action)),
        Codec::MsgPack => {
            let value: Value = serde_json::from_str(&action).map_err(foreign)?;
            rmp_serde::to_vec_named(&value).map(|bytes| Outgoing::Binary(bytes.into())).map_err(foreign)
        }
    }
}

/// The JSON text of what arrived, on one line. `None` when the socket closed.
pub fn text(message: &ClientMessage) -> Result<Option<String>, CliError> {
    match message {
        // line ends stand only between the tokens of a JSON text, never within a string
        ClientMessage::Text(text) => Ok(Some(text.replace(['\n', '\r'], " "))),
        ClientMessage::Binary(bytes) => {
            rmp_serde::from_slice::<Value>(bytes).map(|value| Some(value.to_string())).map_err(foreign)
        }
        ClientMessage::Closed { .. } => Ok(None),
    }
}

fn foreign(error: impl std::fmt::Display) -> CliError {
    CliError::Foreign { reason: error.to_string() }
}

/// An action as it arrived.
#[derive(Debug, Deserialize)]
pub struct Received<'a> {
    /// `type`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `payload`, as text.
    #[serde(borrow)]
    pub payload: Option<&'a RawValue>,
    /// `meta`.
    #[serde(default)]
    pub meta: Meta,
}

/// `meta` of what arrived.
#[derive(Debug, Default, Deserialize)]
pub struct Meta {
    /// `meta.hub`.
    #[serde(default)]
    pub hub: Hub,
}

/// `meta.hub` of what arrived.
#[derive(Debug, Default, Deserialize)]
pub struct Hub {
    /// Where the action went.
    pub to: Option<String>,
    /// Who sent it.
    pub from: Option<String>,
    /// Where it stands in its stream.
    pub pos: Option<String>,
    /// The id of the action this one answers.
    pub re: Option<String>,
}

/// Payload of `@@hub/error`.
#[derive(Debug, Deserialize)]
struct Refusal {
    code: String,
    message: String,
}

impl<'a> Received<'a> {
    /// Reads an action.
    pub fn parse(text: &'a str) -> Result<Self, CliError> {
        serde_json::from_str(text).map_err(foreign)
    }

    /// Whether the protocol, not the application, speaks.
    pub fn is_control(&self) -> bool {
        self.kind.starts_with(hubwire_protocol::hubwire_v1::names::RESERVED_PREFIX)
    }

    /// The payload as a value; null when there is none.
    pub fn payload_value(&self) -> Value {
        self.payload.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
    }

    /// The error, if this is `@@hub/error`.
    pub fn refusal(&self) -> Option<CliError> {
        if self.kind != "@@hub/error" {
            return None;
        }
        let refusal = serde_json::from_str::<Refusal>(self.payload?.get()).ok()?;
        Some(CliError::Refused { code: refusal.code, message: refusal.message })
    }
}
