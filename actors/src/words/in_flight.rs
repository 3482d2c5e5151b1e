//! How many of a session's actions wait for the broker.
//!
//! The count is shared with whoever ends an action, so that a session is not woken by the end of one that has no id: the
//! client wants no answer, and the next action it sends reads the count anyway. Only a session that stopped reading
//! because of the count is told.

use std::sync::atomic::{AtomicBool, AtomicIsize, Ordering::SeqCst};

/// See the module.
#[derive(Default)]
pub(crate) struct InFlight {
    /// Below zero for a moment when one ends before the session has counted it.
    actions: AtomicIsize,
    /// The session reads nothing until it is told that one ended.
    waits: AtomicBool,
}

impl InFlight {
    /// One more. True when there are `max` now: the session has to wait, and is told when one ends.
    pub(crate) fn begin(&self, max: usize) -> bool {
        self.actions.fetch_add(1, SeqCst);
        self.is_full(max)
    }

    /// Whether there are `max`. Then whoever ends the next one is to tell the session.
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
        self.actions.load(SeqCst) >= isize::try_from(bound).unwrap_or(isize::MAX)
    }

    /// One ended. True when the session waits for that, and is to be told.
    pub(crate) fn end(&self) -> bool {
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
        assert!(!in_flight.begin(2));
        assert!(!in_flight.end(), "nobody waits");
        assert!(!in_flight.begin(2));
        assert!(in_flight.begin(2), "full");
        assert!(in_flight.end(), "it waits");
        assert!(!in_flight.is_full(2));
        assert!(!in_flight.end(), "it was told");
    }
}
