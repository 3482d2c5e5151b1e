//! WS-HUB: a drop-in replacement for that microservice, on its own (`hubwire wshub --config config.yaml`) or as an
//! endpoint beside the native one. The behaviour is in `hubwire_actors::wshub`; here are its sockets, its YAML file and
//! its HTTP API.

mod api;
mod blocked;
mod config;
mod connection;
mod embedded;
mod endpoint;
mod file;
mod key;
mod report;
mod run;
mod yaml;

pub use api::internal_scope;
pub use config::WsHubConfig;
pub use embedded::{embed, internal_routes, public_routes};
pub use endpoint::{not_an_upgrade, WsHubEndpoint, WsHubHandle};
pub use file::{FileConfig, FileError};
pub use report::report_routes;
pub use run::{run, RunError, Standalone};
