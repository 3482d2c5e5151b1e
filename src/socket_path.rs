//! The path of client sockets, for the routes and for options that must differ from it.

/// Path of the sockets.
pub const SOCKET_PATH: &str = "/ws";
