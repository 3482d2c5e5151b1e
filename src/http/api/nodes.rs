//! `POST /v1/nodes/{incarnation}/drain`: any node of the cluster hands its sessions over to the others and ends.

use crate::http::failure::Failure;
use crate::http::state::HttpState;
use actix_web::{web, HttpResponse};
use hubwire_protocol::{ErrorCode, Incarnation};
use serde_json::json;

/// Asks a node to drain. 404 when it is not alive. The request is sent by pub/sub: `GET /v1/cluster` shows whether it
/// was received.
pub async fn drain(state: web::Data<HttpState>, path: web::Path<String>) -> Result<HttpResponse, Failure> {
    let incarnation: Incarnation =
        path.parse().map_err(|error| Failure::new(ErrorCode::BadAddress, format!("incarnation: {error}")))?;
    let nodes = state.cluster.nodes().await?;
    let Some(node) = nodes.into_iter().find(|node| node.incarnation == incarnation) else {
        let message = "no node that is alive has this incarnation; GET /v1/cluster lists them";
        return Err(Failure::NotFound { message: message.into() });
    };
    state.cluster.ask_to_drain(incarnation);
    Ok(HttpResponse::Accepted().json(json!({ "asked": incarnation.to_string(), "label": node.label })))
}
