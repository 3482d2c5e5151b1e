//! Remote procedure calls to the application, and watches of online users.

use crate::engine::{Inner, OrgWatching, Watching};
use crate::error::{Code, HubError};
use crate::wire::Received;
use hubwire_protocol::{OrgId, UserId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How long to wait for the result of an rpc.
const RPC_TIMEOUT: Duration = Duration::from_secs(30);

/// Why an rpc has no result.
#[derive(Debug, Clone, PartialEq)]
pub enum RpcError {
    /// The application returned an error, in its own format.
    Application(Value),
    /// There was no reply. If the outcome is unknown, the method may have been executed.
    Hub(HubError),
    /// The result does not have the expected type.
    Result(String),
}

impl fmt::Display for RpcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RpcError::Application(error) => write!(f, "answered with an error: {error}"),
            RpcError::Hub(error) => error.fmt(f),
            RpcError::Result(error) => write!(f, "answered with a result of another type: {error}"),
        }
    }
}

impl std::error::Error for RpcError {}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reply {
    result: Value,
    #[serde(deserialize_with = "present")]
    error: Option<Value>,
}

/// Distinguishes an error of `null` from an absent one.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

pub(crate) async fn rpc<T: DeserializeOwned>(
    inner: &Inner,
    method: &str,
    params: &impl Serialize,
) -> Result<T, RpcError> {
    let bad = |error: serde_json::Error| RpcError::Result(error.to_string());
    let params = serde_json::to_value(params).map_err(bad)?;
    let payload = json!({ "method": method, "params": params });
    let text = inner.ask_once("@@hub/rpc", payload, RPC_TIMEOUT).await.map_err(RpcError::Hub)?;
    let reply = Received::<Reply>::parse(&text).ok().and_then(|received| received.payload);
    let Reply { result, error } = reply.ok_or_else(|| {
        RpcError::Hub(HubError::new(Code::Failed, format!("{method} was answered with what is no reply")))
    })?;
    match error {
        Some(error) => Err(RpcError::Application(error)),
        None => serde_json::from_value(result).map_err(bad),
    }
}

/// Watches users until it is dropped; renewed on each connection. A refusal is reported as
/// [`Event::Error`](crate::Event::Error), and then none of the users is watched.
pub struct Watch {
    inner: Arc<Inner>,
    id: u64,
    heard: watch::Receiver<Watching>,
}

impl Watch {
    pub(crate) fn new(inner: Arc<Inner>, users: BTreeSet<UserId>) -> Self {
        let (id, heard) = inner.with(|core| {
            let is_connected = core.is_connected();
            core.watches.begin(users, &mut core.desk, is_connected)
        });
        Watch { inner, id, heard }
    }

    /// The current knowledge.
    pub fn now(&self) -> Watching {
        self.heard.borrow().clone()
    }

    /// Waits for the next change and returns the new knowledge.
    pub async fn changed(&mut self) -> Watching {
        // the sender lives as long as this watch: no error
        let _ = self.heard.changed().await;
        self.heard.borrow_and_update().clone()
    }
}

/// Watches the members of an organisation until it is dropped; renewed on each connection. A refusal is reported as
/// [`Event::Error`](crate::Event::Error), and then no members are known.
pub struct OrgWatch {
    inner: Arc<Inner>,
    id: u64,
    heard: watch::Receiver<OrgWatching>,
}

impl OrgWatch {
    pub(crate) fn new(inner: Arc<Inner>, org: OrgId) -> Self {
        let (id, heard) = inner.with(|core| {
            let is_connected = core.is_connected();
            core.org_watches.begin(org, &mut core.desk, is_connected)
        });
        OrgWatch { inner, id, heard }
    }

    /// The current knowledge.
    pub fn now(&self) -> OrgWatching {
        self.heard.borrow().clone()
    }

    /// Waits for the next change and returns the new knowledge.
    pub async fn changed(&mut self) -> OrgWatching {
        // the sender lives as long as this watch: no error
        let _ = self.heard.changed().await;
        self.heard.borrow_and_update().clone()
    }
}

impl Drop for OrgWatch {
    fn drop(&mut self) {
        let id = self.id;
        self.inner.with(|core| {
            let is_connected = core.is_connected();
            core.org_watches.end(id, &mut core.desk, is_connected);
        });
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let id = self.id;
        self.inner.with(|core| {
            let is_connected = core.is_connected();
            core.watches.end(id, &mut core.desk, is_connected);
        });
    }
}
