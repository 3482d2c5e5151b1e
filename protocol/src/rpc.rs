//! Remote procedure calls: from a client to the application, and from the application to one session. Arguments and
//! results are JSON texts that are passed on unchanged.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Longest name of a method, in bytes.
pub const METHOD_BYTES_MAX: usize = 128;

/// A JSON text that is passed on unchanged.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json(Box<RawValue>);

impl Json {
    /// The text.
    pub fn get(&self) -> &str {
        self.0.get()
    }

    /// `null`.
    pub fn null() -> Json {
        Json(RawValue::NULL.to_owned())
    }

    /// `text` if it is valid JSON.
    pub fn parse(text: &str) -> Option<Json> {
        serde_json::from_str::<&RawValue>(text).ok().map(|raw| Json(raw.to_owned()))
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Json) -> bool {
        self.get() == other.get()
    }
}

/// A client's call to the application.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Rpc {
    /// Name of the method; the node's configuration decides which service handles it.
    #[serde(deserialize_with = "method")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "method_schema"))]
    pub method: String,
    /// Its arguments.
    #[serde(default)]
    pub params: Option<Json>,
}

/// A client's reply to a call by the application.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CallReply {
    /// The number of the call, as received.
    pub call: u64,
    /// The result.
    #[serde(default)]
    pub result: Option<Json>,
    /// Instead of `result`: an error of the application.
    #[serde(default)]
    pub error: Option<Json>,
}

/// A call by the application to this session.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Call<'a> {
    /// The number of the call; the reply repeats it.
    pub call: u64,
    /// Name of the method.
    pub method: &'a str,
    /// Its arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub params: Option<&'a Json>,
    /// Milliseconds until the caller stops waiting for a reply.
    pub timeout_ms: u64,
}

/// The outcome of a call to the application.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reply<'a> {
    /// The result.
    Result(&'a Json),
    /// An error of the application.
    Error(&'a Json),
}

/// Whether a text can be the name of a method: printable without spaces.
pub fn is_method(text: &str) -> bool {
    !text.is_empty() && text.len() <= METHOD_BYTES_MAX && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The schema of the name of a method.
#[cfg(feature = "schema")]
pub fn method_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": "string", "pattern": format!("^[!-~]{{1,{METHOD_BYTES_MAX}}}$") })
}

fn method<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = Cow::<'de, str>::deserialize(deserializer)?;
    match is_method(&text) {
        true => Ok(text.into_owned()),
        false => Err(serde::de::Error::custom(format_args!(
            "method must be 1 to {METHOD_BYTES_MAX} printable ASCII characters without spaces"
        ))),
    }
}
