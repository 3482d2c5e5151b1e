//! Messages on topics and node channels.

use crate::{CloseCode, SessionId};

/// What travels by pub/sub. The log is the truth; every one of these may be lost.
///
/// Layout: one ASCII letter, header fields separated by single spaces, a line feed, then raw bytes to the end. Written so
/// that a Lua script can build a `Publication` from what `XADD` returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterMessage<'a> {
    /// `P <stream> <pos> <prev>\n<envelope>`: a publication that is in the log.
    Publication {
        /// The stream's address as text.
        stream: &'a str,
        /// Its position.
        pos: crate::Position,
        /// The position before it in the log; `0-0` at the start of a stream.
        prev: crate::Position,
        /// The envelope's bytes.
        envelope: &'a [u8],
    },
    /// `E <address>\n<envelope>`: an ephemeral action.
    Ephemeral {
        /// Whom it is for: a stream's address or `session:<uuid>`.
        address: &'a str,
        /// The envelope's bytes.
        envelope: &'a [u8],
    },
    /// `T <stream> <pos>\n`: the log's top, said some time after a publication so that the loss of the last one shows.
    Tail {
        /// The stream's address as text.
        stream: &'a str,
        /// Its last position, as far as the sender knows.
        pos: crate::Position,
    },
    /// `J <channel> <user>\n` / `L <channel> <user>\n`: a user's first session joined, its last session left.
    Presence {
        /// The channel's address as text.
        channel: &'a str,
        /// Who.
        user: &'a str,
        /// Joined or left.
        joined: bool,
    },
    /// `C <session> <code>\n`: close that session.
    Close {
        /// Which one.
        session: SessionId,
        /// Why; one of [`CloseCode::ALL`].
        code: CloseCode,
    },
}

/// Bytes that are no cluster message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cluster message is malformed: {reason}")]
pub struct MessageError {
    /// What is wrong.
    pub reason: &'static str,
}
