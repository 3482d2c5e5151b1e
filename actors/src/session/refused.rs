//! The refusal of an action, as its client receives it.

use hubwire_protocol::{Address, ErrorCode};

/// A refused action.
pub(super) struct Refused<'a> {
    pub code: ErrorCode,
    pub message: &'a str,
    /// When to try again, if known.
    pub retry_after_ms: Option<u64>,
    /// The faulty part of its payload, a JSON Pointer.
    pub path: Option<&'a str>,
    /// Its address.
    pub to: Option<&'a Address>,
    /// The id of the action.
    pub re: Option<&'a str>,
}
