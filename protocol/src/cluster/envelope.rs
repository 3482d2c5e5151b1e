//! An action as it lies in the log: codec-neutral, without its position.

use crate::SessionId;

/// A publication (or an ephemeral action) between nodes. Borrowed from the bytes it came in.
///
/// Encoded as one version byte and a MessagePack array (rmp-serde), because it is stored once per publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// The address the sender gave, as text (already checked by the node that accepted it).
    pub to: &'a str,
    /// Who sent it; absent when the server API did.
    pub from: Option<&'a str>,
    /// The session that sent it; it gets no copy of a direct message.
    pub session: Option<SessionId>,
    /// The client's idempotency key.
    pub id: Option<&'a str>,
    /// When the accepting node took it, Unix milliseconds.
    pub ts: u64,
    /// The action's `type`.
    pub kind: &'a str,
    /// The action's `payload` as JSON text.
    pub payload: Option<&'a str>,
    /// The action's `error`.
    pub error: Option<bool>,
    /// The action's `meta` without `hub`, as the text of a JSON object.
    pub meta: Option<&'a str>,
}

/// Bytes that are no envelope of a known version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// A version this build does not know.
    #[error("envelope version {version} is unknown, this node reads version 1")]
    Version {
        /// The version byte.
        version: u8,
    },
    /// Not the shape of its version.
    #[error("envelope is malformed: {reason}")]
    Malformed {
        /// What the decoder said.
        reason: String,
    },
}
