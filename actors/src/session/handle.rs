//! What others hold of a session: shared, because a clone of an actix address makes two allocations.

use super::{InFlight, Session};
use actix::Addr;
use std::ops::Deref;

/// A session's mailbox, and how many of its actions are under way.
pub struct SessionHandle {
    addr: Addr<Session>,
    pub(crate) in_flight: InFlight,
}

impl SessionHandle {
    pub(super) fn new(addr: Addr<Session>) -> Self {
        SessionHandle { addr, in_flight: InFlight::default() }
    }
}

impl Deref for SessionHandle {
    type Target = Addr<Session>;

    fn deref(&self) -> &Addr<Session> {
        &self.addr
    }
}
