//! The behaviour of a hubwire node: actix actors and the backends. No HTTP, no sockets.
//!
//! Threads: presence, the bridge, hubs, channels and the backend live on one *core* thread; each worker thread has a
//! [`delivery`] actor and the [`session`]s of its sockets. Code outside of the actors uses [`node::Node`].

pub mod access;
pub mod accounts;
pub mod apart;
pub mod application;
pub mod audit;
pub mod backend;
pub mod bridge;
pub mod channel;
pub mod cluster;
mod comparison;
mod complaint;
pub mod context;
pub mod core;
pub mod delivery;
pub mod denylist;
mod enter_again;
pub mod environment;
pub mod feed;
mod handlers;
pub mod hub;
mod id_map;
mod idempotency;
pub mod identity;
pub mod inquiry;
pub mod live_channels;
pub mod log_reader;
pub mod mail;
pub mod metrics;
pub mod node;
pub mod observer;
mod online;
pub mod outbox;
pub mod presence;
mod probe;
pub mod retention;
mod retry;
pub mod server_events;
pub mod session;
mod session_list;
pub mod settings;
mod slots;
pub mod small_set;
pub mod trace;
mod trail;
pub mod vital;
pub mod watchers;
pub mod words;
pub mod wrong_credentials;
pub mod wshub;
