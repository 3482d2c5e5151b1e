//! Options of contacts.

use crate::config::option::Kind;
use crate::config::rules::*;
use crate::config::section::section;

section! {
    /// Contacts, invitations and blocks between users (docs/people.md).
    "people" People {
        /// Keep them. Then no client writes to a user that blocks its own, nor to `session:` addresses, whose user is
        /// not known. The same on every node.
        enabled: bool = "false", Kind::Switch;
        /// Contacts, invitations and blocks of one user together. Invitations of others are taken until half of it is
        /// used.
        people_max: usize = "2000", count(2, 100_000);
    }
}
