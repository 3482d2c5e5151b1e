//! When a run ends before its time: Ctrl-C, or something that makes it pointless.

use super::error::BenchError;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;
use tokio::sync::Notify;

/// Shared by everything that runs.
#[derive(Clone, Default)]
pub struct Stop(Rc<State>);

#[derive(Default)]
struct State {
    is_interrupted: Cell<bool>,
    failure: RefCell<Option<BenchError>>,
    changed: Notify,
}

impl Stop {
    /// Ends the run: somebody wants to see what was measured so far.
    pub fn interrupt(&self) {
        self.0.is_interrupted.set(true);
        self.0.changed.notify_waiters();
    }

    /// Ends the run with an error; the first one counts.
    pub fn fail(&self, error: BenchError) {
        self.0.failure.borrow_mut().get_or_insert(error);
        self.0.changed.notify_waiters();
    }

    /// Whether the run is to end.
    pub fn is_set(&self) -> bool {
        self.is_interrupted() || !self.is_well()
    }

    /// Whether nothing failed.
    pub fn is_well(&self) -> bool {
        self.0.failure.borrow().is_none()
    }

    /// Does work that only an error ends.
    pub async fn guard(self, work: impl Future<Output = Result<(), BenchError>>) {
        if let Err(error) = work.await {
            self.fail(error);
        }
    }

    /// Whether somebody interrupted it.
    pub fn is_interrupted(&self) -> bool {
        self.0.is_interrupted.get()
    }

    /// The error, if there is one.
    pub fn take_failure(&self) -> Option<BenchError> {
        self.0.failure.borrow_mut().take()
    }

    /// Does some work, but not beyond the end of the run.
    pub async fn or<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let changed = self.0.changed.notified();
        if self.is_set() {
            return None;
        }
        tokio::select! {
            done = work => Some(done),
            () = changed => None,
        }
    }
}
