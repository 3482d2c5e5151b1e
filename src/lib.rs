//! The hubwire node as a program: HTTP, WebSocket I/O, configuration, credentials and the command line. How sessions and
//! channels behave is in `hubwire-actors`.

pub mod auth;
pub mod cli;
pub mod config;
pub mod http;
pub mod logging;
pub mod node;
mod printable;
pub mod ws;
