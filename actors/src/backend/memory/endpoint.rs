//! A node from the broker's view: the queue for its events.

use super::super::Events;
use hubwire_protocol::Incarnation;

/// One node.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub incarnation: Incarnation,
    pub events: Events,
}
