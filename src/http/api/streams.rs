//! `/v1/streams/{address}`: the state of a log, and the removal of its publications.

use super::history::{bad, position};
use crate::auth::query;
use crate::http::failure::Failure;
use crate::http::state::HttpState;
use actix_web::{web, HttpRequest, HttpResponse};
use hubwire_actors::words::status::StreamStatus;
use hubwire_protocol::{Address, ErrorCode};
use serde_json::{json, Value};

const QUERY: &str = "the query may have up_to= (a position): the last publication that goes";

/// Top, length and oldest publication of a stream.
pub async fn show(state: web::Data<HttpState>, path: web::Path<String>) -> Result<HttpResponse, Failure> {
    let stream = address(&path)?;
    let mut body = shown(&state.cluster.stream(stream.clone()).await?);
    body["stream"] = json!(stream);
    Ok(HttpResponse::Ok().json(body))
}

/// Removes the publications up to `?up_to=`, or all, and answers with their number. Positions continue as before.
pub async fn purge(
    state: web::Data<HttpState>,
    path: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Failure> {
    let stream = address(&path)?;
    let pairs = query::pairs(request.query_string()).map_err(|query::Undecodable| bad(QUERY))?;
    let up_to = match pairs.as_slice() {
        [] => None,
        [(key, value)] if key == "up_to" => Some(position(key, value)?),
        _ => return Err(bad(QUERY)),
    };
    let publications = state.cluster.purge(stream.clone(), up_to).await?;
    Ok(HttpResponse::Ok().json(json!({ "stream": stream, "publications": publications })))
}

pub(super) fn shown(status: &StreamStatus) -> Value {
    json!({ "top": status.top, "length": status.length, "oldest": status.oldest })
}

/// The stream in a path.
pub(super) fn address(text: &str) -> Result<Address, Failure> {
    match text.parse() {
        Ok(Address::Session(_)) => {
            Err(Failure::new(ErrorCode::BadAddress, "a session has no stream; name org:, team:, ch: or user:"))
        }
        Ok(address) => Ok(address),
        Err(error) => Err(Failure::new(ErrorCode::BadAddress, format!("stream {error}"))),
    }
}
