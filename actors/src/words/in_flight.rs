//! How many of a session's actions wait for the broker.
//!
//! Each of them holds a [`Permit`], which is given back when it is dropped, wherever that is: no path can forget it. The count is shared with whoever ends an action, so that a session is not woken by the end of one that has no id: the
//! client wants no answer, and the next action it sends reads the count anyway. Only a session that stopped reading
//! because of the count is told.

use super::member::SessionHandle;
use super::session::RoomAgain;
use crate::mail;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::Arc;

/// See the module.
#[derive(Default)]
pub(crate) struct InFlight {
    actions: AtomicUsize,
    /// The session reads nothing until it is told that one ended.
    waits: AtomicBool,
}

impl InFlight {
    /// One more.
    fn begin(&self) {
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
    fn end(&self) -> bool {
        self.actions.fetch_sub(1, SeqCst);
        self.waits.load(SeqCst) && self.waits.swap(false, SeqCst)
    }
}

/// The place of one action among those of its session that are in flight.
pub struct Permit(Arc<SessionHandle>);

impl Permit {
    /// Takes a place.
    pub(crate) fn take(session: Arc<SessionHandle>) -> Self {
        session.in_flight.begin();
        Permit(session)
    }

    /// Whose action it is.
    pub(crate) fn session(&self) -> Arc<SessionHandle> {
        self.0.clone()
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.0.in_flight.end() {
            mail::insist(&self.0, RoomAgain);
        }
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
