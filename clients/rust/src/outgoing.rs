//! Actions of the application, as they are sent.

use crate::error::{Code, HubError};
use hubwire_protocol::{Address, ErrorCode, Select, UserId};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{json, Map, Value};
use std::time::Duration;

/// Options for sending an action.
#[derive(Debug, Clone, Default)]
pub struct SendOptions {
    /// The action's id; random by default. The same id with the same content is stored once.
    pub id: Option<String>,
    /// Gives up after this time, whether or not the action was sent.
    pub deadline: Option<Duration>,
    /// Whether to reject the action with `not_connected` if there is no connection, instead of queueing it.
    pub only_connected: bool,
    /// The action's `error`.
    pub is_error: bool,
    /// The application's part of the action's `meta`.
    pub meta: Map<String, Value>,
    /// Users of a channel, team or organisation who do not receive it, at most 100.
    pub except: Vec<UserId>,
    /// Which sessions of a user receive it.
    pub select: Select,
}

/// Anything that can be converted to an address: an address or its text.
pub trait ToAddress {
    /// The address, or why the value is not one.
    fn to_address(&self) -> Result<Address, HubError>;
}

impl ToAddress for Address {
    fn to_address(&self) -> Result<Address, HubError> {
        Ok(self.clone())
    }
}

impl ToAddress for str {
    fn to_address(&self) -> Result<Address, HubError> {
        self.parse().map_err(|error| bad_address(format!("{self}: {error}")))
    }
}

impl<T: ToAddress + ?Sized> ToAddress for &T {
    fn to_address(&self) -> Result<Address, HubError> {
        (**self).to_address()
    }
}

fn bad_address(message: String) -> HubError {
    HubError::new(Code::Node(ErrorCode::BadAddress), message)
}

pub(crate) fn channel_address(address: &impl ToAddress) -> Result<Address, HubError> {
    match address.to_address()? {
        address @ Address::Channel(..) => Ok(address),
        other => Err(bad_address(format!("{other} is not the address of a channel"))),
    }
}

pub(crate) fn raw(payload: &impl Serialize) -> Result<Box<RawValue>, HubError> {
    serde_json::value::to_raw_value(payload)
        .map_err(|error| HubError::new(Code::Node(ErrorCode::BadPayload), error.to_string()))
}

/// An action of the application as JSON text.
pub(crate) fn action(
    to: &Address,
    kind: &str,
    payload: Option<&RawValue>,
    id: Option<&str>,
    is_ephemeral: bool,
    options: &SendOptions,
) -> Result<String, HubError> {
    #[derive(Serialize)]
    struct Action<'a> {
        #[serde(rename = "type")]
        kind: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<&'a RawValue>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        error: bool,
        meta: Map<String, Value>,
    }
    if kind.starts_with(hubwire_protocol::hubwire_v1::names::RESERVED_PREFIX) {
        let message = "types that begin with @@hub/ are the protocol's own";
        return Err(HubError::new(Code::Node(ErrorCode::ForbiddenType), message));
    }
    if options.meta.contains_key("hub") {
        return Err(HubError::new(Code::Node(ErrorCode::BadAction), "meta.hub is the protocol's own"));
    }
    let mut hub = json!({ "to": to });
    if let Some(id) = id {
        hub["id"] = json!(id);
    }
    if is_ephemeral {
        hub["ephemeral"] = json!(true);
    }
    if !options.except.is_empty() {
        hub["except"] = json!(options.except);
    }
    match &options.select {
        Select::All => {}
        Select::One => hub["select"] = json!("one"),
        Select::Others => hub["select"] = json!("others"),
        Select::Class(class) => hub["select"] = json!({ "device_class": class }),
    }
    let mut meta = options.meta.clone();
    meta.insert("hub".into(), hub);
    serde_json::to_string(&Action { kind, payload, error: options.is_error, meta })
        .map_err(|error| HubError::new(Code::Node(ErrorCode::BadPayload), error.to_string()))
}
