//! The acknowledgement of what a client asked.

use crate::Position;
use serde::Serialize;

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ack {
    /// Where the publication stands in the stream it was sent to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pos: Option<Position>,
    /// Direct message: sessions it went to; 0 = it waits for the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions: Option<usize>,
    /// Direct message: nodes it went to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodes: Option<usize>,
    /// The same id was stored before; this is its position.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub duplicate: bool,
    /// Direct message: the position of the copy in the sender's own stream. Absent when there is none but `pos`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_pos: Option<Position>,
    /// When it was stored, Unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ts: Option<u64>,
    /// Refresh: when the new credentials end, in milliseconds; absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in_ms: Option<u64>,
}
