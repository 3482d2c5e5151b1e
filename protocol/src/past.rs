//! Answers about the history of a stream.

use crate::cluster::Envelope;
use crate::rpc::Json;
use crate::Position;
use serde::Serialize;

/// A page of history.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryPage<'a> {
    /// The publications as they were delivered, oldest first.
    pub publications: Vec<(Envelope<'a>, Position)>,
    /// Whether the log contains older ones; if the page was requested with `after`, newer ones.
    pub more: bool,
    /// The last position of the log before the page was read, if requested; `0-0` if the log is empty.
    pub top: Option<Position>,
}

/// The state of a channel at a position, as defined by the application.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Snapshot {
    /// The position of the last publication that it includes.
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
