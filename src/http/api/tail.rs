//! `GET /v1/tail`: the publications that all nodes accept, live, as server-sent events (HTML standard, section 9.2).
//!
//! The node asks all nodes twice a second for new publications. If a node ends or does not answer, only its own share
//! is missing, and a tail ends with its reader.

use crate::http::failure::Failure;
use crate::http::query::Query;
use crate::http::responses::{Events, Text, TextKind};
use crate::http::state::HttpState;
use crate::operator::ask::{self, Answered};
use crate::operator::watch::{Caught, Line, TailFilter, PAGE_MAX};
use crate::operator::Question;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::http::Method;
use actix_web::{web, HttpRequest, HttpResponse};
use bytes::Bytes;
use futures_util::stream;
use hubwire_actors::words::outcome::Refusal;
use hubwire_protocol::UserId;
use serde::Deserialize;
use serde_json::{json, Value};
use std::convert::Infallible;
use std::fmt::Write as _;
use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior};

/// Interval of the questions: with [`PAGE_MAX`] lines each, a reader receives at most 200 per second.
const EVERY: Duration = Duration::from_millis(500);
/// Questions without a line after which a comment shows proxies that the connection is alive.
const QUIET_MAX: u32 = 20;

/// The publications to show.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// Only publications to addresses that begin with this text.
    #[serde(default)]
    prefix: Option<String>,
    /// Only publications of this type.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// Only publications from or to this user.
    user: Option<UserId>,
    /// Show payloads; the key needs the scope `content`.
    #[serde(default)]
    payload: bool,
}

/// The state of one reader.
struct Tail {
    state: web::Data<HttpState>,
    id: u64,
    filter: TailFilter,
    ticks: Interval,
    /// Questions since the last output.
    quiet: u32,
    /// The nodes that did not answer the last question.
    silent: Vec<String>,
}

/// Streams the events `publication`, `dropped` with the number of publications for which there was no room, and
/// `silent` with the nodes that did not answer.
pub async fn show(
    state: web::Data<HttpState>,
    Query(Wanted { prefix, kind, user, payload }): Query<Wanted>,
    request: HttpRequest,
) -> Result<Text<Events>, Failure> {
    let payload = super::payload(&state, &request, payload)?;
    let filter = TailFilter { prefix: prefix.unwrap_or_default(), kind, user, payload };
    let mut response = HttpResponse::Ok();
    response.content_type(Events::MEDIA_TYPE).insert_header((CACHE_CONTROL, "no-store"));
    if request.method() == Method::HEAD {
        return Ok(response.finish().into());
    }
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let id = state.environment.random();
    let mut tail = Tail { state, id, filter, ticks, quiet: 0, silent: Vec::new() };
    // a node that cannot start the tail answers with a status, not in the middle of a stream
    let begun = tail.ask().await?;
    Ok(response
        .streaming(stream::unfold((tail, Some(begun)), |(mut tail, begun)| async move {
            let text = match begun {
                Some(text) => text,
                None => tail.next().await,
            };
            Some((Ok::<Bytes, Infallible>(text.into()), (tail, None)))
        }))
        .into())
}

impl Tail {
    async fn next(&mut self) -> String {
        loop {
            self.ticks.tick().await;
            // while the broker is away there are no answers, and the tail continues when it is back
            let text = self.ask().await.unwrap_or_default();
            self.quiet = if text.is_empty() { self.quiet + 1 } else { 0 };
            if !text.is_empty() {
                return text;
            }
            if self.quiet >= QUIET_MAX {
                self.quiet = 0;
                return ": quiet\n\n".to_owned();
            }
        }
    }

    /// The new publications.
    async fn ask(&mut self) -> Result<String, Refusal> {
        let question = Question::Tail { id: self.id, filter: self.filter.clone() };
        let answered: Vec<Answered<Caught>> = ask::all(&*self.state.cluster, &question).await?;
        let silent: Vec<String> = answered.iter().filter(|it| it.answer.is_none()).map(Answered::name).collect();
        let (mut lines, mut dropped): (Vec<(String, Line)>, u64) = (Vec::new(), 0);
        for of_node in answered {
            let name = of_node.name();
            let caught = of_node.answer.unwrap_or_default();
            dropped += caught.dropped;
            lines.extend(caught.lines.into_iter().map(|line| (name.clone(), line)));
        }
        lines.sort_by_key(|(_, line)| line.ts); // stable: publications of one node keep their order
        dropped += lines.len().saturating_sub(PAGE_MAX) as u64;
        lines.truncate(PAGE_MAX);
        let mut text = String::new();
        for (node, line) in lines {
            let mut shown = json!(line);
            shown["node"] = json!(node);
            event(&mut text, "publication", &shown);
        }
        if dropped > 0 {
            event(&mut text, "dropped", &json!({ "count": dropped }));
        }
        if silent != self.silent {
            event(&mut text, "silent", &json!({ "nodes": silent }));
            self.silent = silent;
        }
        Ok(text)
    }
}

fn event(text: &mut String, name: &str, data: &Value) {
    let _ = write!(text, "event: {name}\ndata: {data}\n\n"); // writing to a String cannot fail
}
