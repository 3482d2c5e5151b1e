//! The ephemeral actions that a session tells at a pace, see [`pacing`](super::pacing).

use actix::prelude::*;
use hubwire_protocol::request::Publish;
use hubwire_protocol::Address;
use tokio::time::Instant;

/// Addresses and types that a session paces at once. Beyond it actions go as they come, and nothing ends them.
pub(super) const PACED_MAX: usize = 32;

/// What a session paces.
#[derive(Default)]
pub(super) struct Paced {
    pub flows: Vec<Flow>,
    /// Tells a flow from a former one of the same address and type.
    pub last: u64,
}

/// The actions of one type to one address.
pub(super) struct Flow {
    pub number: u64,
    pub to: Address,
    pub kind: Box<str>,
    /// When the last one was delivered.
    pub told: Instant,
    /// The last one that was not.
    pub waiting: Option<Publish<'static>>,
    /// Ends the type's time.
    pub window: Option<SpawnHandle>,
    /// Ends the flow when its sender is silent.
    pub silence: Option<SpawnHandle>,
}
