//! `GET /v1/messages/{stream}/{pos}`: one publication, stored and traced.

use super::streams::address;
use crate::auth::query;
use crate::http::failure::Failure;
use crate::http::state::HttpState;
use crate::operator::ask::{self, Answered};
use crate::operator::watch::{Line, Way};
use crate::operator::Question;
use actix_web::{web, HttpRequest, HttpResponse};
use hubwire_protocol::{ErrorCode, Position};
use serde_json::{json, Value};

/// The log's entry at the position, and for each node whether it accepted the publication and how many sessions it
/// wrote it to.
pub async fn show(
    state: web::Data<HttpState>,
    path: web::Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Failure> {
    let (stream, pos) = (address(&path.0)?, position(&path.1)?);
    let payload = super::payload(&state, &request, asks_for_payload(request.query_string())?)?;
    let stored = state.cluster.publication(stream.clone(), pos).await?;
    let stored = stored.and_then(|envelope| Line::stored(&envelope)).map(|line| Line {
        pos: Some(pos),
        payload: line.payload.filter(|_| payload),
        ..line
    });
    let question = Question::Message { stream: stream.clone(), pos };
    let answered: Vec<Answered<Way>> = ask::all(&*state.cluster, &question).await?;
    let nodes: Vec<Value> = answered.into_iter().map(node).collect();
    Ok(HttpResponse::Ok().json(json!({ "stream": stream, "pos": pos, "stored": stored, "nodes": nodes })))
}

fn node(Answered { node, answer }: Answered<Way>) -> Value {
    json!({
        "incarnation": node.incarnation.to_string(),
        "label": node.label,
        "silent": answer.is_none(),
        "traces": answer.as_ref().map(|way| way.traces),
        "accepted": answer.as_ref().map(|way| &way.accepted),
        "delivered": answer.as_ref().map(|way| &way.delivered),
    })
}

fn position(text: &str) -> Result<Position, Failure> {
    text.parse().map_err(|error| Failure::new(ErrorCode::BadPayload, format!("{error}")))
}

fn asks_for_payload(text: &str) -> Result<bool, Failure> {
    let bad = || Failure::new(ErrorCode::BadPayload, "the query may have payload=true");
    let pairs = query::pairs(text).map_err(|query::Undecodable| bad())?;
    match pairs.as_slice() {
        [] => Ok(false),
        [(key, value)] if key == "payload" => value.parse().map_err(|_| bad()),
        _ => Err(bad()),
    }
}
