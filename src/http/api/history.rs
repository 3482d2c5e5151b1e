//! `/v1/streams/{address}/history`: the publications of a log, page by page.

use super::streams::address;
use crate::auth::query;
use crate::http::failure::Failure;
use crate::http::state::HttpState;
use actix_web::{web, HttpRequest, HttpResponse};
use hubwire_actors::backend::Entry;
use hubwire_actors::words::log_reader::PageStart;
use hubwire_protocol::cluster::Envelope;
use hubwire_protocol::hubwire_v1::publication_json;
use hubwire_protocol::{ErrorCode, Position};
use serde_json::{json, Value};

/// Most publications of a page, and the default.
const PAGE_MAX: usize = 100;
const QUERY: &str = "the query may have before= or after= (a position) and limit= (1 to 100)";

/// One page, oldest first: the newest publications, those before a position, or those after one.
pub async fn show(
    state: web::Data<HttpState>,
    path: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Failure> {
    let stream = address(&path)?;
    let (from, limit) = page(request.query_string())?;
    let (entries, more) = state.cluster.history(stream.clone(), from, limit).await?;
    let publications: Vec<Value> = entries.iter().map(printed).collect();
    Ok(HttpResponse::Ok().json(json!({ "stream": stream, "publications": publications, "more": more })))
}

fn page(query: &str) -> Result<(PageStart, usize), Failure> {
    let (mut from, mut limit) = (PageStart::Newest, PAGE_MAX);
    for (key, value) in query::pairs(query).map_err(|query::Undecodable| bad(QUERY))? {
        let start = match key.as_str() {
            "limit" => {
                limit = value.parse().ok().filter(|limit| (1..=PAGE_MAX).contains(limit)).ok_or_else(|| bad(QUERY))?;
                continue;
            }
            "before" => PageStart::Before(position(&key, &value)?),
            "after" => PageStart::After(position(&key, &value)?),
            _ => return Err(bad(QUERY)),
        };
        if from != PageStart::Newest {
            return Err(bad("a page begins at `before` or at `after`, not at both"));
        }
        from = start;
    }
    Ok((from, limit))
}

pub(super) fn position(key: &str, text: &str) -> Result<Position, Failure> {
    text.parse().map_err(|error| bad(format!("`{key}`: {error}")))
}

/// A publication in the form for clients; only its position if a newer node stored it and this one cannot read it.
fn printed(entry: &Entry) -> Value {
    let unreadable = || json!({ "meta": { "hub": { "pos": entry.pos } } });
    let Ok(envelope) = Envelope::decode(&entry.envelope) else { return unreadable() };
    serde_json::from_slice(&publication_json(&envelope, Some(entry.pos))).unwrap_or_else(|_| unreadable())
}

pub(super) fn bad(message: impl Into<String>) -> Failure {
    Failure::new(ErrorCode::BadPayload, message)
}
