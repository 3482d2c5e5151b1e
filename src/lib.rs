//! The hubwire node as a program: HTTP, WebSocket I/O, configuration, credentials and the command line. How sessions and
//! channels behave is in `hubwire-actors`.

mod agent_check;
pub mod auth;
pub mod bench;
mod broker_metrics;
pub mod cli;
pub mod config;
mod demo;
mod descriptors;
mod endpoint;
pub mod http;
mod log_limit;
pub mod logging;
pub mod node;
mod panics;
mod printable;
mod refusals;
mod serve;
pub mod ws;
pub mod wshub;
