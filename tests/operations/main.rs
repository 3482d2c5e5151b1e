//! What an operator does to a cluster, and what happens to it: real nodes, a real Redis, a real HAProxy, and clients
//! that come back whenever they are cut off. One test at a time, as each wants the machine for itself.

#[path = "../support/mod.rs"]
#[macro_use]
mod support;
#[path = "../faults/workload.rs"]
mod workload;

mod accept;
mod agent_check;
mod crowd;
mod fenced;
mod killed_node;
mod roamer;
mod rolling_restart;
mod storm;

use tokio::sync::{Mutex, MutexGuard};

/// Until it is dropped no other test of this program runs.
async fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}
