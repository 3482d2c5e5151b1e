//! State that the channels of a client share.

use super::desk::{Desk, Pending};
use super::streams::Streams;
use hubwire_protocol::Address;
use std::time::Duration;

/// See the module.
pub struct Context<'a> {
    /// What goes out.
    pub desk: &'a mut Desk,
    /// Positions.
    pub streams: &'a mut Streams,
    /// Whether there is a session.
    pub is_connected: bool,
    /// Now.
    pub now: Duration,
}

impl Context<'_> {
    /// Tells the node something, where there is one; nothing follows from its answer.
    pub fn tell_node(&mut self, kind: &str, to: Option<&Address>) {
        if self.is_connected {
            self.desk.ask(kind, to, None, Pending::Nothing);
        }
    }
}
