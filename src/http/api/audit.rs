//! `GET /v1/audit`: the audit trail of this node, newest first.

use crate::http::failure::Failure;
use crate::http::state::HttpState;
use actix_web::{web, HttpResponse};
use hubwire_actors::audit::{AuditKind, KEPT_MAX};
use hubwire_protocol::ErrorCode;
use serde::Deserialize;
use serde_json::json;

/// Events of one page when the request does not say.
const PAGE: usize = 100;

/// What a request may say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    event: Option<String>,
    before: Option<u64>,
    limit: Option<usize>,
}

/// A page of the events, by `?event=&before=&limit=`; the next one goes on `before` the number of its last event.
pub async fn show(
    state: web::Data<HttpState>,
    listing: Result<web::Query<Listing>, actix_web::Error>,
) -> Result<HttpResponse, Failure> {
    let Listing { event, before, limit } = listing.map_err(|error| bad(error.to_string()))?.into_inner();
    let kind = event.as_deref().map(kind).transpose()?;
    let limit = match limit.unwrap_or(PAGE) {
        limit if (1..=KEPT_MAX).contains(&limit) => limit,
        other => return Err(bad(format!("`limit` is {other}; allowed: 1 to {KEPT_MAX}"))),
    };
    let mut events = state.audit.before(before.unwrap_or(u64::MAX), kind, limit + 1);
    let more = events.len() > limit;
    events.truncate(limit);
    Ok(HttpResponse::Ok().json(json!({ "node": state.facts.label, "events": events, "more": more })))
}

fn kind(word: &str) -> Result<AuditKind, Failure> {
    AuditKind::ALL.into_iter().find(|kind| kind.as_str() == word).ok_or_else(|| {
        let known = AuditKind::ALL.map(AuditKind::as_str).join(", ");
        bad(format!("`event`: there is no {word:?}; there are {known}"))
    })
}

fn bad(message: impl Into<String>) -> Failure {
    Failure::new(ErrorCode::BadPayload, message)
}
