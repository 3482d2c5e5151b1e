//! Why an action is not done, as its client hears it.

use hubwire_protocol::{Address, ErrorCode};

/// An action that is not done.
pub(super) struct Refused<'a> {
    pub code: ErrorCode,
    pub message: &'a str,
    /// When to try again, where that is known.
    pub retry_after_ms: Option<u64>,
    /// Where in its payload the fault is, a JSON Pointer.
    pub path: Option<&'a str>,
    /// The address it was about.
    pub to: Option<&'a Address>,
    /// The id of the action.
    pub re: Option<&'a str>,
}
