//! A cluster on a virtual clock: the real actors of several nodes, faults by seed, and a judge of the history. One
//! thread, no sockets, no Redis. A seed replays exactly.

#[path = "../../../tests/history/mod.rs"]
#[allow(unused_imports)]
mod history;

mod backend;
mod chance;
mod device;
mod events;
mod fault;
mod judge;
mod link;
mod membership;
mod network;
mod nodes;
mod outage;
mod plan;
mod process;
mod run;
mod sabotage;
mod seeds;
mod stage;
mod trace;
mod wire;
