//! A node as the broker sees it: where its events go and what it subscribed to.

use super::super::Events;
use hubwire_protocol::{Address, Incarnation};
use std::cell::RefCell;
use std::collections::HashSet;

/// One node.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub incarnation: Incarnation,
    pub events: Events,
    /// So that a node that goes leaves nothing behind.
    pub topics: RefCell<HashSet<Address>>,
}
