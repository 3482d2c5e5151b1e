//! The ephemeral actions that a session paces, see [`pacing`](super::pacing).

use actix::prelude::*;
use hubwire_protocol::request::Publish;
use hubwire_protocol::Address;
use tokio::time::Instant;

/// Pairs of address and type that a session paces at once. Beyond it actions are delivered at once, and not ended.
pub(super) const PACED_MAX: usize = 32;

/// The paced actions of a session.
#[derive(Default)]
pub(super) struct Paced {
    pub flows: Vec<Flow>,
    /// Distinguishes a flow from a former one of the same address and type.
    pub last: u64,
}

/// The actions of one type to one address.
pub(super) struct Flow {
    pub number: u64,
    pub to: Address,
    pub kind: Box<str>,
    /// When the last one was delivered.
    pub told: Instant,
    /// The latest one that was not delivered yet.
    pub waiting: Option<Publish<'static>>,
    /// Ends the interval of the type.
    pub window: Option<SpawnHandle>,
    /// Ends the flow when its sender is silent.
    pub silence: Option<SpawnHandle>,
}
