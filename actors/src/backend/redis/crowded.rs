//! Users whose streams are so full that senders' shares count.
//!
//! In a cluster a direct message is stored with its sender before the receiver's server is asked, so what would be
//! refused has to be asked about before. That costs a round trip, which is paid only where it can matter: a stream
//! refuses when it is full, and is noted here from half full on.

use hubwire_protocol::UserId;
use std::cell::RefCell;
use std::collections::HashSet;

/// Beyond so many all are forgotten; each is noted again by the next message to it.
const CROWDED_MAX: usize = 4096;

/// Those a node knows of.
#[derive(Debug, Default)]
pub(super) struct Crowded(RefCell<HashSet<UserId>>);

impl Crowded {
    pub(super) fn has(&self, user: &UserId) -> bool {
        self.0.borrow().contains(user)
    }

    pub(super) fn note(&self, user: UserId) {
        let mut users = self.0.borrow_mut();
        if users.len() >= CROWDED_MAX {
            users.clear();
        }
        users.insert(user);
    }
}
