//! `POST /v1/nodes/{incarnation}/drain`: any node of the cluster hands its sessions over to the others and ends.

use crate::http::failure::Failure;
use crate::http::path::At;
use crate::http::responses::{Status, Taken};
use crate::http::state::HttpState;
use actix_web::web;
use hubwire_protocol::Incarnation;
use serde::Serialize;

/// The node was asked.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AskedToDrain {
    asked: Incarnation,
    label: Option<String>,
}

/// Asks a node to drain. 404 when it is not alive. It is asked by pub/sub: whether it heard shows in `GET /v1/cluster`.
pub async fn drain(
    state: web::Data<HttpState>,
    At(incarnation): At<Incarnation>,
) -> Result<Taken<AskedToDrain>, Failure> {
    let nodes = state.cluster.nodes().await?;
    let Some(node) = nodes.into_iter().find(|node| node.incarnation == incarnation) else {
        let message = "no node that is alive has this incarnation; GET /v1/cluster lists them";
        return Err(Failure::NotFound { message: message.into() });
    };
    state.cluster.ask_to_drain(incarnation);
    Ok(Status(AskedToDrain { asked: incarnation, label: node.label }))
}
