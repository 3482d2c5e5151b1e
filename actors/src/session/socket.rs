//! The socket of a session as its actor sees it: what is written to it, and whether it is read.

use super::gate::Gate;
use crate::outbox::{Offer, Outbox};
use crate::words::ids::MemberKey;
use bytes::Bytes;
use core::net::IpAddr;
use hubwire_protocol::event::Event;
use hubwire_protocol::{Address, CloseCode, Dialect};
use std::rc::Rc;
use std::time::Duration;

/// The socket; see the module.
pub(super) struct Socket {
    gate: Rc<Gate>,
}

impl Socket {
    /// A socket that has just been opened.
    pub fn new(gate: Rc<Gate>) -> Self {
        Socket { gate }
    }

    /// The wire protocol.
    pub fn dialect(&self) -> Dialect {
        self.gate.dialect()
    }

    /// The key of the session in the delivery actor of its worker.
    pub fn key(&self) -> MemberKey {
        self.gate.key()
    }

    /// The address of the client.
    pub fn address(&self) -> Option<IpAddr> {
        self.gate.address()
    }

    /// How long the socket has been open.
    pub fn age(&self) -> Duration {
        self.gate.age()
    }

    /// Stops or continues reading.
    pub fn set_paused(&self, paused: bool) {
        self.gate.set_closed(paused);
    }

    /// An event as a frame; `None` if the protocol of this socket has no such event.
    pub fn encode(&self, event: &Event<'_>, to: Option<&Address>, re: Option<&str>) -> Option<Bytes> {
        self.dialect().event(event, to, re)
    }

    /// Queues a frame. A client that sends requests without reading the answers is disconnected.
    pub fn write(&self, frame: &Bytes) {
        if self.gate.outbox().offer_reply(frame) == Offer::Full {
            self.close(CloseCode::SlowConsumer, CloseCode::SlowConsumer.reason());
        }
    }

    /// Closes the socket.
    pub fn close(&self, code: CloseCode, reason: &str) {
        self.gate.close(code, reason);
    }

    /// The queued and written frames, and the code with which this node closed the socket.
    pub fn outbox(&self) -> &dyn Outbox {
        self.gate.outbox()
    }
}
