//! Members of a channel, managed by the server: `/v1/channels/{channel}/members`.

use super::user;
use crate::http::failure::Failure;
use crate::http::state::HttpState;
use actix_web::{web, HttpRequest, HttpResponse};
use hubwire_protocol::{Address, ErrorCode};
use serde_json::json;

/// Makes all sessions of a user join; with `?persist=true` also later ones.
pub async fn join(
    state: web::Data<HttpState>,
    path: web::Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Failure> {
    let (channel, user) = (channel(&path.0)?, user(&path.1)?);
    told(match request.query_string() {
        "" | "persist=false" => state.cluster.place(user, channel, true).await?,
        "persist=true" => state.cluster.place_for_good(user, channel).await?,
        _ => return Err(Failure::new(ErrorCode::BadPayload, "the query may be persist=true or persist=false")),
    })
}

/// Removes all sessions of a user.
pub async fn kick(state: web::Data<HttpState>, path: web::Path<(String, String)>) -> Result<HttpResponse, Failure> {
    let (channel, user) = (channel(&path.0)?, user(&path.1)?);
    told(state.cluster.place(user, channel, false).await?)
}

/// Removes all members.
pub async fn close(state: web::Data<HttpState>, path: web::Path<String>) -> Result<HttpResponse, Failure> {
    told(state.cluster.empty(channel(&path)?).await?)
}

fn told(sessions: usize) -> Result<HttpResponse, Failure> {
    Ok(HttpResponse::Ok().json(json!({ "sessions": sessions })))
}

pub(super) fn channel(text: &str) -> Result<Address, Failure> {
    match text.parse() {
        Ok(address @ Address::Channel(..)) => Ok(address),
        Ok(other) => Err(Failure::new(ErrorCode::BadAddress, format!("{other} is no ch: address"))),
        Err(error) => Err(Failure::new(ErrorCode::BadAddress, format!("channel {error}"))),
    }
}
