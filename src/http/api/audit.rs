//! `GET /v1/audit`: the audit trail of this node, or the latest of all nodes, newest first.

use crate::http::failure::Failure;
use crate::http::query::Query;
use crate::http::responses::{Done, Status};
use crate::http::state::HttpState;
use crate::http::within::Within;
use crate::operator::ask::{self, Answered};
use crate::operator::Question;
use actix_web::web;
use hubwire_actors::audit::{AuditEvent, AuditKind, KEPT_MAX};
use hubwire_protocol::{ErrorCode, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// At most as many events as a node keeps of a kind.
type Page = Within<1, { KEPT_MAX as u64 }>;

/// The requested events.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// Events of this kind only.
    #[cfg_attr(feature = "schema", schemars(with = "Option<AuditKind>"))]
    event: Option<String>,
    /// Events that concern this user only.
    user: Option<UserId>,
    /// Events with a smaller number only.
    before: Option<u64>,
    /// The largest number of events in the page.
    #[serde(default = "a_hundred")]
    limit: Page,
    /// The latest events of all nodes; not together with `before`.
    #[serde(default)]
    all: bool,
}

fn a_hundred() -> Page {
    Within::nearest(100)
}

/// A page of the events.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum AuditPage {
    /// Events of the node that answers.
    Own {
        /// The label of the node.
        node: String,
        /// Newest first.
        events: Vec<AuditEvent>,
        /// Whether there are older events.
        more: bool,
    },
    /// Events of all nodes.
    All {
        /// Newest first.
        events: Vec<EventOfNode>,
        /// Nodes that did not answer.
        silent: Vec<String>,
    },
}

/// An event, with the node on which it happened.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EventOfNode {
    /// The label of the node on which it happened.
    node: String,
    // as printed by that node, which may have a newer version
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schemars(with = "AuditEvent"))]
    event: Map<String, Value>,
}

/// A page of the events; the next page has `before` set to the number of the last event. Numbers are local to a node,
/// so `all=true` has only one page.
pub async fn show(
    state: web::Data<HttpState>,
    Query(Listing { event, user, before, limit, all }): Query<Listing>,
) -> Result<Done<AuditPage>, Failure> {
    let kind = event.as_deref().map(kind).transpose()?;
    let limit = limit.count();
    if all {
        if before.is_some() {
            return Err(bad("`before` and `all` cannot be combined: the numbers of events are local to a node"));
        }
        return of_all(&state, &Question::Audit { event, user, limit }, limit).await;
    }
    let mut events = state.audit.before(before.unwrap_or(u64::MAX), kind, user.as_ref(), limit + 1);
    let more = events.len() > limit;
    events.truncate(limit);
    Ok(Status(AuditPage::Own { node: state.facts.label.clone(), events, more }))
}

/// The latest events of all nodes, by the clocks of the nodes, each with its node.
async fn of_all(state: &HttpState, question: &Question, limit: usize) -> Result<Done<AuditPage>, Failure> {
    let answered: Vec<Answered<Vec<Map<String, Value>>>> = ask::all(&*state.cluster, question).await?;
    let (mut events, mut silent) = (Vec::new(), Vec::new());
    for answered in answered {
        let node = answered.name();
        match answered.answer {
            Some(of_node) => events.extend(of_node.into_iter().map(|event| EventOfNode { node: node.clone(), event })),
            None => silent.push(node),
        }
    }
    let at_ms = |it: &EventOfNode| it.event.get("at_ms").and_then(Value::as_u64);
    events.sort_by_key(|event| std::cmp::Reverse(at_ms(event)));
    events.truncate(limit);
    Ok(Status(AuditPage::All { events, silent }))
}

fn kind(word: &str) -> Result<AuditKind, Failure> {
    AuditKind::named(word).ok_or_else(|| {
        let known = AuditKind::ALL.map(AuditKind::as_str).join(", ");
        bad(format!("`event`: {word:?} is not a kind of event; the kinds are {known}"))
    })
}

fn bad(message: impl Into<String>) -> Failure {
    Failure::new(ErrorCode::BadPayload, message)
}
