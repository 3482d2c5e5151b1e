//! A publication as the nodes are notified of it.

use super::super::Appended;
use bytes::Bytes;
use hubwire_protocol::Address;
use std::io::Write as _;

/// Encodes a [`hubwire_protocol::cluster::ClusterMessage::Publication`] in one allocation.
pub(super) fn notification(stream: &Address, appended: Appended, envelope: &[u8]) -> Bytes {
    const HEAD_BYTES: usize = 128;
    let mut message = Vec::with_capacity(HEAD_BYTES + envelope.len());
    // writing to a Vec does not fail
    let _ = writeln!(message, "P {stream} {} {}", appended.pos, appended.prev);
    message.extend_from_slice(envelope);
    Bytes::from(message)
}
