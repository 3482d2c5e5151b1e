//! Fault runs: real nodes, a real Redis and a real HAProxy under a workload, faults by seed,
//! and a judge of the history.

#[path = "../history/mod.rs"]
#[allow(unused_imports)]
mod history;
#[path = "../support/mod.rs"]
#[macro_use]
mod support;

mod broker;
mod device;
mod fault;
mod gauge;
mod notice;
mod proxy;
mod rig;
mod run;
mod schedule;
mod server;
mod setup;
mod single;
mod webhook;
mod workload;
