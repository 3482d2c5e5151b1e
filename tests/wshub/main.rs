//! The contract of WS-HUB over real sockets, with the real program and a real redis-server.

#[path = "../support/mod.rs"]
#[macro_use]
mod support;
#[path = "../ws_support/mod.rs"]
mod ws_support;

mod client;
mod foreign_listener;
mod groups;
mod hub;
mod keys;
mod listener;
mod messages;
mod native;
mod several_nodes;
mod start_up;
mod stopped_redis;
mod timing;
mod watcher;
