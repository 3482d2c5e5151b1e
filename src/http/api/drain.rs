//! `POST /v1/drain`: the node hands its sessions over to the other nodes and exits.

use crate::http::responses::{Status, Taken};
use crate::http::state::HttpState;
use actix_web::web;
use serde::Serialize;

/// The node drains.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Draining {
    draining: bool,
    /// Whether this request started the drain.
    begun: bool,
}

/// Starts the drain and answers at once.
pub async fn begin(state: web::Data<HttpState>) -> Taken<Draining> {
    Status(Draining { draining: true, begun: state.drain.begin() })
}
