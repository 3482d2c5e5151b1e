//! The acknowledgement of a client's request.

use crate::Position;
use serde::Serialize;

/// The outcome of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ack {
    /// The position of the publication in the stream it was sent to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pos: Option<Position>,
    /// Direct message: number of sessions it was sent to; 0 = it is stored until the user connects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions: Option<usize>,
    /// Direct message: number of nodes it was sent to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodes: Option<usize>,
    /// A publication with the same id was already stored; `pos` is its position.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub duplicate: bool,
    /// Direct message: the position of the copy in the sender's own stream. Absent if there is no copy apart from
    /// `pos`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_pos: Option<Position>,
    /// When the publication was stored, Unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ts: Option<u64>,
    /// Refresh: milliseconds until the new credentials expire; absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in_ms: Option<u64>,
}
