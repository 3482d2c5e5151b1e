//! `/version`: the version of this node, for scripts and clients.

use super::responses::{Done, Status};
use serde::Serialize;

/// The protocol of the sockets.
const PROTOCOL: &str = "hubwire.v1";

/// Name and version of the program, and its wire protocol.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Version {
    name: &'static str,
    version: &'static str,
    /// The wire protocol.
    protocol: &'static str,
}

/// Name and version of the program, and the protocol it speaks.
pub(super) async fn show() -> Done<Version> {
    Status(Version { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION"), protocol: PROTOCOL })
}
