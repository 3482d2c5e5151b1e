//! State of a session while it enters its streams, or while its rights change.

use crate::words::delivery::Start;
use crate::words::outcome::Refusal;
use hubwire_protocol::{Address, Position};
use std::collections::BTreeMap;

/// A session that is entering.
pub(super) struct Entering {
    /// The number of pending answers: of the directory and of each organisation.
    pub missing: usize,
    /// The top of each stream entered so far; the welcome lists them.
    pub positions: BTreeMap<Address, Position>,
    /// Channels to resume once the session is open.
    pub channels: Vec<(Address, Resumption)>,
    /// Streams that cannot be resumed, with the reasons.
    pub refused: Vec<(Address, Refusal)>,
    /// The id of the action that the welcome answers.
    pub re: Option<Box<str>>,
}

/// A stream to resume: the start, and the options.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resumption {
    pub start: Start,
    pub view: bool,
    pub presence: bool,
}

/// A client's resume, split into possible and refused streams.
pub(super) struct SortedOut {
    pub resumed: Vec<(Address, Resumption)>,
    /// The refused streams, with the reasons.
    pub refused: Vec<(Address, Refusal)>,
}

/// A refresh in progress.
#[derive(Default)]
pub(super) struct Refreshing {
    pub re: Option<Box<str>>,
    /// Hubs that have not answered.
    pub missing: usize,
    /// The tops of the gained streams.
    pub positions: BTreeMap<Address, Position>,
    /// Whether organisations, teams or roles have changed; then the client receives them.
    pub is_change: bool,
}
