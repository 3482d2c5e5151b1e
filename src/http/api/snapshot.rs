//! `PUT /v1/channels/{channel}/snapshot`: stores the state of a channel at a position.

use crate::http::body::Body;
use crate::http::failure::Failure;
use crate::http::path::{At, ChannelAddress};
use crate::http::responses::{Done, Status};
use crate::http::state::HttpState;
use actix_web::web;
use bytes::Bytes;
use hubwire_protocol::event::{Ack, Json};
use hubwire_protocol::{ErrorCode, Position};
use serde::Deserialize;

/// The state of a channel at a position.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The last publication that is included in the state.
    pos: Position,
    /// The state: any JSON of at most `streams.snapshot_bytes`.
    payload: Json,
}

/// Stores the snapshot. The text of the payload stays unchanged.
pub async fn put(
    state: web::Data<HttpState>,
    At(ChannelAddress(channel)): At<ChannelAddress>,
    Body(Snapshot { pos, payload }): Body<Snapshot>,
) -> Result<Done<Ack>, Failure> {
    let (bytes, max) = (payload.get().len(), state.snapshot_bytes_max);
    if bytes > max {
        let message = format!("the snapshot has {bytes} bytes, at most {max} are allowed (streams.snapshot_bytes)");
        return Err(Failure::new(ErrorCode::TooBig, message));
    }
    let payload = Bytes::copy_from_slice(payload.get().as_bytes());
    Ok(Status(state.cluster.put_snapshot(channel, pos, payload).await?))
}
