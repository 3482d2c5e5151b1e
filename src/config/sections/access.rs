//! Options of what a user may do and how often it may be connected.

use crate::config::option::Kind;
use crate::config::rules::*;
use crate::config::section::section;
use crate::config::value::choice;

section! {
    /// Who may publish where.
    "access" Access {
        /// Roles whose holders may publish to `org:` addresses of their organisation, and to all its teams.
        org_publish_roles: Vec<String> = "owner,admin", WORDS;
    }
}

section! {
    /// How many sessions a user may have.
    "sessions" Sessions {
        /// Sessions of one user on all nodes together. 0: no limit.
        max_sessions: usize = "0", count(0, 1_000_000);
        /// Over the limit: `close_oldest` closes the oldest with 4409, `reject_new` refuses the new one with 4413.
        on_excess: OnExcess = "close_oldest", Kind::Choice(OnExcess::WORDS);
    }
}

choice! {
    /// Who goes when a user has too many sessions.
    OnExcess {
        /// The oldest session is closed.
        CloseOldest = "close_oldest",
        /// The new session is refused.
        RejectNew = "reject_new",
    }
}
