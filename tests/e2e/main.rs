//! End to end: the real binary, real sockets, a real Redis, a real HAProxy.
//!
//! A scenario is a function of a cluster and a codec; `on_every_stack!` runs it with both codecs on a single node and
//! on three nodes, `behind_haproxy!` through HAProxy.

#[path = "../support/mod.rs"]
#[macro_use]
mod support;
#[macro_use]
mod stacks;
#[path = "../faults/proxy.rs"]
#[allow(dead_code)] // the fault runs do more with it
mod proxy;

mod access_matrix;
mod address_tokens;
mod audit;
mod authentication;
mod backup;
mod bad_input;
mod broker_cost;
mod broker_loss;
mod centrifuge;
mod centrifuge_api;
mod channel;
mod channel_list;
mod channel_past;
mod cli_denylist;
mod cluster_seal;
mod cluster_version;
mod conversations;
mod cookies;
mod delivery_selectors;
mod denylist;
mod direct_message;
mod disconnect;
mod doctor;
mod drain;
mod foreign_clients;
mod foreign_key;
mod history;
mod hold;
mod hooks;
mod hosting;
mod idempotency;
mod inbox;
mod inspection;
mod last_seen;
mod local_cluster;
mod lone;
mod metrics;
mod newer_version;
mod operator_commands;
mod org_event;
mod org_presence;
mod pacing;
mod people;
mod pipelined;
mod placing;
mod presence;
mod presence_storm;
mod profiles;
mod proxies;
mod rates;
mod reach;
mod refresh;
mod reload;
mod resume;
mod rooms;
mod roster;
mod rpc;
mod schemas;
mod scopes;
mod secrets;
mod server_api;
mod server_events;
mod session_limit;
mod session_start;
mod session_story;
mod start_up;
mod states;
mod streams;
mod tail;
mod teams;
mod telemetry;
mod text_ping;
mod ticket;
mod tls;
mod verify;
mod watch;
mod who_may_write;
mod wrong_credentials;
