//! State of a session while it enters its streams, or while its rights change.

use crate::words::delivery::Start;
use crate::words::outcome::Refusal;
use hubwire_protocol::{Address, Position};
use std::collections::BTreeMap;

/// A session on its way in.
pub(super) struct Entering {
    /// The directory and the organisations that have not answered.
    pub missing: usize,
    /// The top of each stream entered so far; the welcome lists them.
    pub positions: BTreeMap<Address, Position>,
    /// Channels to be resumed once the session is open.
    pub channels: Vec<(Address, Resumption)>,
    /// Streams that are not resumed, with why not.
    pub refused: Vec<(Address, Refusal)>,
    /// The id of the action that the welcome answers.
    pub re: Option<Box<str>>,
}

/// A stream that is resumed: from where, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resumption {
    pub start: Start,
    pub view: bool,
    pub presence: bool,
}

/// What a client resumes, sorted out.
pub(super) struct SortedOut {
    pub resumed: Vec<(Address, Resumption)>,
    /// With why not.
    pub refused: Vec<(Address, Refusal)>,
}

/// A refresh that is under way.
#[derive(Default)]
pub(super) struct Refreshing {
    pub re: Option<Box<str>>,
    /// Hubs that have not answered.
    pub missing: usize,
    /// Where the streams stand that were gained.
    pub positions: BTreeMap<Address, Position>,
    /// Whether the client is to be told of other organisations, teams or roles.
    pub is_change: bool,
}
