//! The foundation of the end-to-end tests: real processes on loopback, and clients that share no code with the node.
//!
//! `Cluster` is redis-server, nodes and HAProxy; `Client` is a socket of one user; `Api` is the server API of one node;
//! `Monitor` sees every command Redis gets. All of them wait by polling with a deadline, never for a fixed time.
#![allow(dead_code, unused_imports)] // each test target uses its part

#[macro_use]
pub mod eventually;
pub mod action;
pub mod api;
pub mod application;
#[path = "../../actors/tests/support/certificates.rs"]
pub mod certificates;
pub mod client;
pub mod cluster;
pub mod codec;
pub mod event_stream;
pub mod guarded;
pub mod haproxy;
pub mod login;
pub mod monitor;
pub mod node;
pub mod ports;
pub mod process;
pub mod prometheus_text;
pub mod redis_server;
pub mod settings;
pub mod tunnel;

pub use action::Action;
pub use api::Api;
pub use application::{Application, Does};
pub use client::{Client, Offer};
pub use cluster::{Cluster, Stack};
pub use codec::Codec;
pub use event_stream::EventStream;
pub use login::Login;
pub use node::Node;
pub use process::Process;
pub use redis_server::RedisServer;
