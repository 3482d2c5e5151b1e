//! `GET /v1/presence`: the members of a channel, or the sessions of a user.

use super::user;
use crate::auth::query;
use crate::http::failure::Failure;
use crate::http::state::HttpState;
use actix_web::{web, HttpRequest, HttpResponse};
use hubwire_actors::words::outcome::Occupant;
use hubwire_protocol::event::Presence;
use hubwire_protocol::{Address, ErrorCode};

/// Answers `?channel=ch:…` (or `org:…`, `team:…`, where `presence.orgs` is on) or `?user=…` in the shape of
/// `@@hub/presence`.
pub async fn show(state: web::Data<HttpState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    // read as on the socket: a `+` is one, since ids may contain it
    let query = query::pairs(request.query_string())
        .map_err(|query::Undecodable| Failure::new(ErrorCode::BadPayload, "the query is not percent-encoded UTF-8"))?;
    let present = match query.as_slice() {
        [(key, value)] if key == "channel" => state.cluster.members(channel(value)?).await?,
        [(key, value)] if key == "user" => state.cluster.presence_of(user(value)?).await?,
        _ => {
            return Err(Failure::new(ErrorCode::BadPayload, "the query must be channel=ch:<org>/<path> or user=<id>"));
        }
    };
    let users = present.iter().map(Occupant::shown).collect();
    Ok(HttpResponse::Ok().json(Presence { users, ..Presence::default() }))
}

fn channel(text: &str) -> Result<Address, Failure> {
    match text.parse() {
        Ok(address @ (Address::Channel(..) | Address::Org(_) | Address::Team(..))) => Ok(address),
        Ok(other) => {
            Err(Failure::new(ErrorCode::BadAddress, format!("`channel`: {other} is no ch:, org: or team: address")))
        }
        Err(error) => Err(Failure::new(ErrorCode::BadAddress, format!("`channel`: {error}"))),
    }
}
