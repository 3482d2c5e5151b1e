//! `/v1/streams/{address}`: the state of a log, and the removal of its publications.

use crate::http::failure::Failure;
use crate::http::path::{At, StreamAddress};
use crate::http::query::Query;
use crate::http::responses::{Done, Status};
use crate::http::state::HttpState;
use actix_web::web;
use hubwire_actors::words::status::StreamStatus;
use hubwire_protocol::{Address, Position};
use serde::{Deserialize, Serialize};

/// A log and its name. A log that does not exist has the top `0-0` and the length 0.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NamedStream {
    #[cfg_attr(feature = "schema", schemars(with = "StreamAddress"))]
    stream: Address,
    #[serde(flatten)]
    status: StreamStatus,
}

/// The publications to remove.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Purge {
    /// The last publication to remove; absent: all are removed.
    up_to: Option<Position>,
}

/// The number of removed publications.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Purged {
    #[cfg_attr(feature = "schema", schemars(with = "StreamAddress"))]
    stream: Address,
    publications: usize,
}

/// Top, length and oldest publication of a stream.
pub async fn show(
    state: web::Data<HttpState>,
    At(StreamAddress(stream)): At<StreamAddress>,
) -> Result<Done<NamedStream>, Failure> {
    let status = state.cluster.stream(stream.clone()).await?;
    Ok(Status(NamedStream { stream, status }))
}

/// Removes the publications up to `?up_to=`, or all, and answers with their number. Positions do not change.
pub async fn purge(
    state: web::Data<HttpState>,
    At(StreamAddress(stream)): At<StreamAddress>,
    Query(Purge { up_to }): Query<Purge>,
) -> Result<Done<Purged>, Failure> {
    let publications = state.cluster.purge(stream.clone(), up_to).await?;
    Ok(Status(Purged { stream, publications }))
}
