//! `GET /v1/events/dead` and `POST /v1/events/replay`: server events that the application did not accept.

use crate::http::body::JsonText;
use crate::http::failure::Failure;
use crate::http::fields::Fields;
use crate::http::state::HttpState;
use actix_web::{web, HttpResponse};
use hubwire_actors::server_events::printed;
use hubwire_protocol::ErrorCode;
use serde::Deserialize;
use serde_json::{json, Value};

/// Most events of a page.
const PAGE_MAX: usize = 1000;
/// Default number of events per page.
const PAGE: usize = 100;

/// The parameters of a listing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    limit: Option<usize>,
}

/// Lists the oldest dead letters, with their total number.
pub async fn dead(
    state: web::Data<HttpState>,
    listing: Result<web::Query<Listing>, actix_web::Error>,
) -> Result<HttpResponse, Failure> {
    are_on(&state)?;
    let listing = listing.map_err(|error| Failure::new(ErrorCode::BadPayload, error.to_string()))?;
    let (events, count) = state.cluster.dead_events(bounded(listing.limit)?).await?;
    // each has its own id, so the log's number does not matter
    let events: Vec<Value> = events.iter().map(|event| printed(0, event)).collect();
    Ok(HttpResponse::Ok().json(json!({ "events": events, "count": count })))
}

/// Queues the oldest dead letters for delivery again, `{limit?}` of them.
pub async fn replay(state: web::Data<HttpState>, body: JsonText) -> Result<HttpResponse, Failure> {
    are_on(&state)?;
    let limit = bounded(Fields::parse(&body.0, &["limit"])?.take("limit")?)?;
    let events = state.cluster.replay_events(limit).await?;
    Ok(HttpResponse::Ok().json(json!({ "events": events })))
}

fn bounded(limit: Option<usize>) -> Result<usize, Failure> {
    match limit.unwrap_or(PAGE) {
        limit if (1..=PAGE_MAX).contains(&limit) => Ok(limit),
        other => Err(Failure::new(ErrorCode::BadPayload, format!("`limit` is {other}; allowed: 1 to {PAGE_MAX}"))),
    }
}

fn are_on(state: &HttpState) -> Result<(), Failure> {
    match state.writes_events {
        true => Ok(()),
        false => Err(Failure::NotFound { message: "server events are off (events.webhook_url)".into() }),
    }
}
