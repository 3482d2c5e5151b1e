//! Users whose streams are so full that senders' shares apply.
//!
//! In a cluster a direct message is stored in the sender's stream before the receiver's server is involved, so the node
//! must first ask that server whether it would refuse the message. This costs a round trip, which is only made when it
//! can matter: only full streams refuse, so the node adds a stream here once it is half full.

use hubwire_protocol::UserId;
use std::cell::RefCell;
use std::collections::HashSet;

/// Beyond this number all entries are dropped; the next message to each user adds it again.
const CROWDED_MAX: usize = 4096;

/// The users that this node knows of.
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
