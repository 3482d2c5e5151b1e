//! `GET /v1/streams/{address}`: what a log holds.

use crate::http::failure::Failure;
use crate::http::state::HttpState;
use actix_web::{web, HttpResponse};
use hubwire_actors::words::status::StreamStatus;
use hubwire_protocol::{Address, ErrorCode};
use serde_json::{json, Value};

/// Top, length and oldest publication of a stream.
pub async fn show(state: web::Data<HttpState>, path: web::Path<String>) -> Result<HttpResponse, Failure> {
    let stream = address(&path)?;
    let mut body = shown(&state.cluster.stream(stream.clone()).await?);
    body["stream"] = json!(stream);
    Ok(HttpResponse::Ok().json(body))
}

pub(super) fn shown(status: &StreamStatus) -> Value {
    json!({ "top": status.top, "length": status.length, "oldest": status.oldest })
}

/// The stream that a path names.
pub(super) fn address(text: &str) -> Result<Address, Failure> {
    match text.parse() {
        Ok(Address::Session(_)) => {
            Err(Failure::new(ErrorCode::BadAddress, "a session has no stream; name org:, team:, ch: or user:"))
        }
        Ok(address) => Ok(address),
        Err(error) => Err(Failure::new(ErrorCode::BadAddress, format!("stream {error}"))),
    }
}
