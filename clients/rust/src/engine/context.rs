//! State that all channels of a client share.

use super::desk::{Desk, Pending};
use super::streams::Streams;
use hubwire_protocol::Address;
use std::time::Duration;

/// See the module documentation.
pub struct Context<'a> {
    /// Outgoing frames and events.
    pub desk: &'a mut Desk,
    /// Positions in the streams.
    pub streams: &'a mut Streams,
    /// Whether there is a session.
    pub is_connected: bool,
    /// The current time.
    pub now: Duration,
}

impl Context<'_> {
    /// Sends the node a message, if there is a session; the answer does not matter.
    pub fn tell_node(&mut self, kind: &str, to: Option<&Address>) {
        if self.is_connected {
            self.desk.ask(kind, to, None, Pending::Nothing);
        }
    }
}
