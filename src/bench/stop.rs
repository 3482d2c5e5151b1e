//! The early end of a run: Ctrl-C, or an error that makes it pointless.

use super::error::BenchError;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;
use tokio::sync::Notify;

/// The flag that all parts of a run share.
#[derive(Clone, Default)]
pub struct Stop(Rc<State>);

#[derive(Default)]
struct State {
    is_interrupted: Cell<bool>,
    failure: RefCell<Option<BenchError>>,
    changed: Notify,
}

impl Stop {
    /// Ends the run early; the results so far are reported.
    pub fn interrupt(&self) {
        self.0.is_interrupted.set(true);
        self.0.changed.notify_waiters();
    }

    /// Ends the run with an error; the first one counts.
    pub fn fail(&self, error: BenchError) {
        self.0.failure.borrow_mut().get_or_insert(error);
        self.0.changed.notify_waiters();
    }

    /// Whether the run has to end.
    pub fn is_set(&self) -> bool {
        self.is_interrupted() || !self.is_well()
    }

    /// Whether nothing failed.
    pub fn is_well(&self) -> bool {
        self.0.failure.borrow().is_none()
    }

    /// Runs a future that only an error ends.
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

    /// Runs a future until the run ends.
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
