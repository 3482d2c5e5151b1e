//! The hubwire node as a program: HTTP, WebSocket I/O, configuration, credentials and the command line. The behaviour
//! of sessions and channels is in `hubwire-actors`.

mod admin;
mod agent_check;
mod alone;
mod application;
pub mod auth;
pub mod bench;
mod broker_login;
mod broker_metrics;
pub mod centrifuge;
pub mod cli;
pub mod config;
mod demo;
#[cfg(all(test, feature = "schema"))]
mod description;
mod descriptors;
mod doctor;
mod embedded;
mod endpoint;
pub mod http;
mod http_state;
pub mod listener;
mod listener_tls;
mod log_filter;
mod log_limit;
pub mod logging;
pub mod node;
mod node_metrics;
pub mod operator;
mod panics;
mod printable;
mod reframed;
mod refusals;
mod reload;
mod rooms;
mod serve;
mod server_events;
mod server_settings;
mod signals;
mod socket_path;
mod sse;
mod start_advice;
mod telemetry;
mod verify;
mod watched_files;
pub mod ws;
pub mod wshub;
