//! The ephemeral actions that a session paces, see [`pacing`](super::pacing).

use actix::prelude::*;
use hubwire_protocol::request::Publish;
use hubwire_protocol::Address;
use tokio::time::Instant;

/// Pairs of address and type that a session paces simultaneously. Actions beyond this are delivered immediately, and
/// nothing ends them.
pub(super) const PACED_MAX: usize = 32;

/// The paced actions of a session.
#[derive(Default)]
pub(super) struct Paced {
    pub flows: Vec<Flow>,
    /// The number of the latest flow: it distinguishes a flow from an earlier one of the same address and type.
    pub last: u64,
}

/// The actions of one type to one address.
pub(super) struct Flow {
    pub number: u64,
    pub to: Address,
    pub kind: Box<str>,
    /// When the latest action was delivered.
    pub told: Instant,
    /// The latest action, if it was not delivered yet.
    pub waiting: Option<Publish<'static>>,
    /// Ends the interval of the type.
    pub window: Option<SpawnHandle>,
    /// Ends the flow when its sender is silent.
    pub silence: Option<SpawnHandle>,
}
