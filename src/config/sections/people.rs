//! Options of contacts.

use crate::config::option::Kind;
use crate::config::rules::*;
use crate::config::section::section;

section! {
    /// Contacts, invitations and blocks between users (docs/people.md).
    "people" People {
        /// Keep them. Then a client can write neither to a user that blocks its own, nor to `session:` addresses, whose
        /// user is not known. Every node needs the same value.
        enabled: bool = "false", Kind::Switch;
        /// Contacts, invitations and blocks of one user together. Invitations by others may take half of it.
        people_max: usize = "2000", count(2, 100_000);
    }
}
