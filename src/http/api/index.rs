//! `GET /`: describes the server.

use crate::http::responses::{Done, Status};
use serde::Serialize;

/// Name and version of the program, and pointers to its documentation.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Index {
    name: &'static str,
    version: &'static str,
    /// Path of the socket.
    socket: &'static str,
    docs: &'static str,
}

/// Name and version, and the places of sockets and documents.
pub async fn show() -> Done<Index> {
    Status(Index {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        socket: "/ws",
        docs: "docs/protocol.md for sockets, docs/http-api.md for this API",
    })
}
