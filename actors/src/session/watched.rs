//! The users that a session watches; see [`watching`](super::watching).

use hubwire_protocol::{OrgId, UserId};
use std::collections::BTreeSet;

/// Users and organisations that a session watches.
#[derive(Default)]
pub(super) struct Watches {
    pub users: BTreeSet<UserId>,
    pub orgs: BTreeSet<OrgId>,
}

impl Watches {
    pub fn is_empty(&self) -> bool {
        self.users.is_empty() && self.orgs.is_empty()
    }
}
