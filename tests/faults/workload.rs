//! A thread of its own for clients and proxies, so that they go on while the runner waits for a process.

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// The thread. It ends with the value, and everything on it.
pub struct Workload {
    handle: Handle,
    _stop: oneshot::Sender<()>,
}

impl Workload {
    /// Starts it.
    pub fn start() -> Workload {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        std::thread::spawn(move || {
            let _ = runtime.block_on(stopped); // the sender went away: that is the end
        });
        Workload { handle, _stop: stop }
    }

    /// Where to spawn.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }
}
