//! Counts the actions of a session that wait for the broker.
//!
//! Each of them holds a [`Permit`](super::member::Permit), which is returned when it is dropped, anywhere: no path can
//! forget it. The count is shared with all holders, so that the end of an action without an id does not wake the
//! session: the client gets no answer, and the next action reads the count anyway. Only a session that has stopped
//! reading because of the count is notified.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

/// The count of one session; see the module.
#[derive(Default)]
pub(crate) struct InFlight {
    actions: AtomicUsize,
    /// Whether the session reads nothing until it is notified of an end.
    waits: AtomicBool,
}

impl InFlight {
    /// Counts one more.
    pub(super) fn begin(&self) {
        self.actions.fetch_add(1, SeqCst);
    }

    /// Whether there are `max` and the session has to wait. Then the next permit to be returned notifies the session.
    pub(crate) fn is_full(&self, max: usize) -> bool {
        if !self.reaches(max) {
            return false;
        }
        self.waits.store(true, SeqCst);
        // an action may have ended between the check and the mark, and notified nobody
        self.reaches(max)
    }

    /// Whether there are at least `bound`.
    pub(crate) fn reaches(&self, bound: usize) -> bool {
        self.actions.load(SeqCst) >= bound
    }

    /// Counts one less. Returns true when the session waits for that and has to be notified.
    pub(super) fn end(&self) -> bool {
        self.actions.fetch_sub(1, SeqCst);
        self.waits.load(SeqCst) && self.waits.swap(false, SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_session_that_waits_is_told() {
        let in_flight = InFlight::default();
        in_flight.begin();
        assert!(!in_flight.is_full(2));
        assert!(!in_flight.end(), "nobody waits");
        in_flight.begin();
        in_flight.begin();
        assert!(in_flight.is_full(2));
        assert!(in_flight.end(), "it waits");
        assert!(!in_flight.is_full(2));
        assert!(!in_flight.end(), "it was notified");
    }
}
