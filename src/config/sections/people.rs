//! Options of contacts.

use crate::config::option::Kind;
use crate::config::rules::*;
use crate::config::section::section;

section! {
    /// Contacts, invitations and blocks between users (docs/people.md).
    "people" People {
        /// Store them. A client can then write neither to a user that has blocked its user, nor to `session:`
        /// addresses, since their user is not known. Every node needs the same value.
        enabled: bool = "false", Kind::Switch;
        /// Contacts, invitations and blocks of one user together. Invitations by others may take half of it.
        people_max: usize = "2000", count(2, 100_000);
    }
}
