//! `GET /v1/events/dead` and `POST /v1/events/replay`: server events that the application did not accept.

use crate::http::body::Body;
use crate::http::failure::Failure;
use crate::http::query::Query;
use crate::http::responses::{Done, Status};
use crate::http::state::HttpState;
use crate::http::within::Within;
use actix_web::web;
use hubwire_actors::server_events::printed;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The number of events.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Oldest {
    /// The largest number of events, oldest first.
    #[serde(default = "a_hundred")]
    limit: Within<1, 1000>,
}

fn a_hundred() -> Within<1, 1000> {
    Within::nearest(100)
}

/// The events as they were delivered, and the number of all dead letters.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeadEvents {
    #[cfg_attr(feature = "schema", schemars(with = "Vec<serde_json::Map<String, Value>>"))]
    events: Vec<Value>,
    count: usize,
}

/// The number of events that will be delivered again.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Replayed {
    events: usize,
}

/// Lists the oldest dead letters, with their total number.
pub async fn dead(
    state: web::Data<HttpState>,
    Query(Oldest { limit }): Query<Oldest>,
) -> Result<Done<DeadEvents>, Failure> {
    are_on(&state)?;
    let (events, count) = state.cluster.dead_events(limit.count()).await?;
    // the id of each event contains the number of its log
    Ok(Status(DeadEvents { events: events.iter().map(|event| printed(0, event)).collect(), count }))
}

/// Queues the oldest dead letters for delivery again, under their previous ids.
pub async fn replay(
    state: web::Data<HttpState>,
    Body(Oldest { limit }): Body<Oldest>,
) -> Result<Done<Replayed>, Failure> {
    are_on(&state)?;
    Ok(Status(Replayed { events: state.cluster.replay_events(limit.count()).await? }))
}

fn are_on(state: &HttpState) -> Result<(), Failure> {
    match state.writes_events {
        true => Ok(()),
        false => Err(Failure::NotFound { message: "server events are off (events.webhook_url)".into() }),
    }
}
