//! Remote procedure calls: from a client to the application, and from the application to one session. Arguments and
//! results are JSON texts that pass as they are.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Most bytes of a method's name.
pub const METHOD_BYTES_MAX: usize = 128;

/// A JSON text that passes as it is.
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

    /// The text behind `text`, if it is JSON.
    pub fn parse(text: &str) -> Option<Json> {
        serde_json::from_str::<&RawValue>(text).ok().map(|raw| Json(raw.to_owned()))
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Json) -> bool {
        self.get() == other.get()
    }
}

/// A client asks the application.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Rpc {
    /// What is to be done; the node's configuration says by whom.
    #[serde(deserialize_with = "method")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "method_schema"))]
    pub method: String,
    /// Its arguments.
    #[serde(default)]
    pub params: Option<Json>,
}

/// A client says what became of a call.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CallReply {
    /// The call, as it was named.
    pub call: u64,
    /// What it brought.
    #[serde(default)]
    pub result: Option<Json>,
    /// Instead of `result`: why it failed, in the words of the application.
    #[serde(default)]
    pub error: Option<Json>,
}

/// The application asks this session.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Call<'a> {
    /// To be repeated in the reply.
    pub call: u64,
    /// What is to be done.
    pub method: &'a str,
    /// Its arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub params: Option<&'a Json>,
    /// A reply after this many milliseconds is of no use.
    pub timeout_ms: u64,
}

/// What became of a call to the application.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reply<'a> {
    /// What it brought.
    Result(&'a Json),
    /// Why it failed, in the words of the application.
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
