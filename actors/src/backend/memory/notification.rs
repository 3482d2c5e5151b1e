//! Notifications for the nodes that follow a stream.

use super::super::{BackendEvent, Entry};
use bytes::Bytes;
use hubwire_protocol::Address;

/// See the module.
#[derive(Debug, Clone)]
pub(super) enum Notification {
    /// An encoded cluster message.
    Message(Bytes),
    /// A new entry of the stream's log. All nodes are in this process, so it needs no encoding.
    Stored(Address, Entry),
}

impl Notification {
    /// The event for a node. `kept`: no other node has to receive it.
    pub(super) fn event(self, kept: bool) -> BackendEvent {
        match self {
            Notification::Message(payload) if kept => BackendEvent::Kept { payload },
            Notification::Message(payload) => BackendEvent::Message { payload },
            Notification::Stored(stream, entry) => BackendEvent::Stored { stream, entry, kept },
        }
    }
}

impl From<Vec<u8>> for Notification {
    fn from(message: Vec<u8>) -> Self {
        Notification::Message(message.into())
    }
}
