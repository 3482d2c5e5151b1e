//! How many of a session's actions wait for the broker.
//!
//! Each of them holds a [`Permit`](super::member::Permit), which is given back when it is dropped, wherever that is: no
//! path can forget it. The count is shared with whoever ends an action, so that a session is not woken by the end of
//! one that has no id: the client wants no answer, and the next action it sends reads the count anyway. Only a session
//! that stopped reading because of the count is notified.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

/// See the module.
#[derive(Default)]
pub(crate) struct InFlight {
    actions: AtomicUsize,
    /// The session reads nothing until it is notified that one ended.
    waits: AtomicBool,
}

impl InFlight {
    /// One more.
    pub(super) fn begin(&self) {
        self.actions.fetch_add(1, SeqCst);
    }

    /// Whether there are `max`: the session has to wait. Then whoever ends the next one is to tell the session.
    pub(crate) fn is_full(&self, max: usize) -> bool {
        if !self.reaches(max) {
            return false;
        }
        self.waits.store(true, SeqCst);
        // one may have ended between the look and the note, and told nobody
        self.reaches(max)
    }

    /// Whether there are `bound`.
    pub(crate) fn reaches(&self, bound: usize) -> bool {
        self.actions.load(SeqCst) >= bound
    }

    /// One ended. True when the session waits for that, and is to be told.
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
        assert!(!in_flight.end(), "it was told");
    }
}
