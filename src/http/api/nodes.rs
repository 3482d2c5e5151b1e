//! `POST /v1/nodes/{incarnation}/drain`: any node of the cluster hands its sessions over to the other nodes and exits.

use crate::http::failure::Failure;
use crate::http::path::At;
use crate::http::responses::{Status, Taken};
use crate::http::state::HttpState;
use actix_web::web;
use hubwire_protocol::Incarnation;
use serde::Serialize;

/// The request was sent to the node.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AskedToDrain {
    asked: Incarnation,
    label: Option<String>,
}

/// Asks a node to drain. 404 if it is not alive. The request goes by pub/sub: `GET /v1/cluster` shows whether the node
/// has received it.
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
