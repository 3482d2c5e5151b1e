//! `GET /v1/audit`: the audit trail of this node, or the latest of all nodes, newest first.

use crate::http::failure::Failure;
use crate::http::state::HttpState;
use crate::operator::ask::{self, Answered};
use crate::operator::Question;
use actix_web::{web, HttpResponse};
use hubwire_actors::audit::{AuditKind, KEPT_MAX};
use hubwire_protocol::{ErrorCode, UserId};
use serde::Deserialize;
use serde_json::{json, Map, Value};

/// Default number of events per page.
const PAGE: usize = 100;

/// The parameters of a request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    event: Option<String>,
    user: Option<UserId>,
    before: Option<u64>,
    limit: Option<usize>,
    /// Whether to include all nodes.
    #[serde(default)]
    all: bool,
}

/// A page of the events, by `?event=&user=&before=&limit=`; the next page starts `before` the number of its last event.
/// Numbers are per node, so `all=true` has only one page.
pub async fn show(
    state: web::Data<HttpState>,
    listing: Result<web::Query<Listing>, actix_web::Error>,
) -> Result<HttpResponse, Failure> {
    let Listing { event, user, before, limit, all } = listing.map_err(|error| bad(error.to_string()))?.into_inner();
    let kind = event.as_deref().map(kind).transpose()?;
    let limit = match limit.unwrap_or(PAGE) {
        limit if (1..=KEPT_MAX).contains(&limit) => limit,
        other => return Err(bad(format!("`limit` is {other}; allowed: 1 to {KEPT_MAX}"))),
    };
    if all {
        if before.is_some() {
            return Err(bad("`before` is a number of one node's event; ask that node, without `all`"));
        }
        return of_all(&state, &Question::Audit { event, user, limit }, limit).await;
    }
    let mut events = state.audit.before(before.unwrap_or(u64::MAX), kind, user.as_ref(), limit + 1);
    let more = events.len() > limit;
    events.truncate(limit);
    Ok(HttpResponse::Ok().json(json!({ "node": state.facts.label, "events": events, "more": more })))
}

/// The latest events of all nodes, by their clocks, each with its node.
async fn of_all(state: &HttpState, question: &Question, limit: usize) -> Result<HttpResponse, Failure> {
    let answered: Vec<Answered<Vec<Map<String, Value>>>> = ask::all(&*state.cluster, question).await?;
    let (mut events, mut silent) = (Vec::new(), Vec::new());
    for answered in answered {
        let node = answered.name();
        let Some(of_node) = answered.answer else {
            silent.push(node);
            continue;
        };
        events.extend(of_node.into_iter().map(|mut event| {
            event.insert("node".into(), json!(node));
            event
        }));
    }
    events.sort_by_key(|event| std::cmp::Reverse(event["at_ms"].as_u64()));
    events.truncate(limit);
    Ok(HttpResponse::Ok().json(json!({ "events": events, "silent": silent })))
}

fn kind(word: &str) -> Result<AuditKind, Failure> {
    AuditKind::named(word).ok_or_else(|| {
        let known = AuditKind::ALL.map(AuditKind::as_str).join(", ");
        bad(format!("`event`: there is no {word:?}; there are {known}"))
    })
}

fn bad(message: impl Into<String>) -> Failure {
    Failure::new(ErrorCode::BadPayload, message)
}
