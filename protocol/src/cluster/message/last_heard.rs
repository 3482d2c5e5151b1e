//! The answer to the search for a user's most recently active session.

use crate::SessionId;

/// `Z <search> <Unix ms> <session>\n`, or `N <search>\n` if there is none.
pub(super) fn header(search: u64, latest: Option<(u64, SessionId)>) -> String {
    match latest {
        Some((at, session)) => format!("Z {search} {at} {session}\n"),
        None => format!("N {search}\n"),
    }
}
