//! The warning that a session's credentials expire soon.

use serde::Serialize;

/// The session's credentials expire soon; a refresh in time keeps it open.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Expiring {
    /// Their remaining life, in milliseconds. At its end the node closes the session with 4401.
    pub expires_in_ms: u64,
}
