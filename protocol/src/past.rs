//! Answers about the past of a stream.

use crate::cluster::Envelope;
use crate::rpc::Json;
use crate::Position;
use serde::Serialize;

/// A page of a log.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryPage<'a> {
    /// The publications as they were delivered, oldest first.
    pub publications: Vec<(Envelope<'a>, Position)>,
    /// Whether the log holds older ones; where the page was asked for with `after`, newer ones.
    pub more: bool,
    /// The last position of the log before the page was read, where it was asked for; `0-0` when it is empty.
    pub top: Option<Position>,
}

/// The state of a channel at a position, as the application sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Snapshot {
    /// The last publication that is part of it.
    pub pos: Position,
    /// When it was stored, Unix milliseconds.
    pub ts: u64,
    /// The state.
    pub payload: Json,
}

/// The schema of a snapshot, or `null` where there is none.
#[cfg(feature = "schema")]
pub(crate) fn snapshot_or_null(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "oneOf": [generator.subschema_for::<Snapshot>(), { "type": "null" }] })
}
