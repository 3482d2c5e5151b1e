//! The last action of a node that drains.

use serde::Serialize;

/// The node asks its clients to connect to another node.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Bye {
    /// The reason.
    pub reason: &'static str,
    /// Reconnect after this many milliseconds (jittered per session).
    pub retry_in_ms: u64,
}
