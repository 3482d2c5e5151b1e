//! `GET /v1/channels` and `GET /v1/channels/{channel}`: channels with members.

use super::members::channel;
use crate::auth::query;
use crate::http::failure::Failure;
use crate::http::state::HttpState;
use crate::operator::ask::{self, Answered};
use crate::operator::live_channels::{self, ChannelsPage, LiveChannel};
use crate::operator::Question;
use actix_web::{web, HttpRequest, HttpResponse};
use futures_util::future::try_join;
use hubwire_actors::words::status::ChannelFilter;
use hubwire_protocol::{ErrorCode, UserId};
use serde_json::{json, Value};

/// Most entries of a page, and the default.
const PAGE_MAX: usize = 100;
const QUERY: &str = "the query may have org=, prefix=, after= (a channel) and limit= (1 to 100)";

/// A page of the channels with members, by `?org=&prefix=&after=&limit=`:
/// in order, each with its users, sessions and top.
pub async fn list(state: web::Data<HttpState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let filter = filter(request.query_string())?;
    let ChannelsPage { channels, more, silent } = live_channels::page(&*state.cluster, filter).await?;
    let shown = |it: LiveChannel| {
        let LiveChannel { channel, users, sessions, top } = it;
        json!({ "channel": channel, "users": users, "sessions": sessions, "top": top })
    };
    let channels: Vec<Value> = channels.into_iter().map(shown).collect();
    Ok(HttpResponse::Ok().json(json!({ "channels": channels, "more": more, "silent": silent })))
}

/// One channel: its log, the number of its sessions on each node, and a page of its users by `?after=&limit=`.
pub async fn show(
    state: web::Data<HttpState>,
    path: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Failure> {
    let channel = channel(&path)?;
    let (after, limit) = users_page(request.query_string())?;
    let (stream, members) =
        try_join(state.cluster.stream(channel.clone()), state.cluster.members_page(channel.clone(), after, limit))
            .await?;
    let users: Vec<Value> = members.users.iter().map(|it| json!(it.shown())).collect();
    let following: Vec<Answered<usize>> = ask::all(&*state.cluster, &Question::Following(channel.clone())).await?;
    let node = |Answered { node, answer }: Answered<usize>| {
        let incarnation = node.incarnation.to_string();
        let silent = answer.is_none();
        json!({ "incarnation": incarnation, "label": node.label, "sessions": answer, "silent": silent })
    };
    Ok(HttpResponse::Ok().json(json!({
        "channel": channel,
        "stream": super::streams::shown(&stream),
        "count": members.count,
        "users": users,
        "more": members.more,
        "nodes": following.into_iter().map(node).collect::<Vec<_>>(),
    })))
}

fn filter(query: &str) -> Result<ChannelFilter, Failure> {
    let mut filter = ChannelFilter { org: None, prefix: String::new(), after: None, limit: PAGE_MAX };
    for (key, value) in pairs(query)? {
        match key.as_str() {
            "org" => filter.org = Some(value.parse().map_err(|error| bad(format!("`org`: {error}")))?),
            "prefix" => filter.prefix = value,
            "after" => filter.after = Some(channel(&value)?),
            "limit" => filter.limit = limit(&value)?,
            _ => return Err(bad(QUERY)),
        }
    }
    Ok(filter)
}

fn users_page(query: &str) -> Result<(Option<UserId>, usize), Failure> {
    let (mut after, mut most) = (None, PAGE_MAX);
    for (key, value) in pairs(query)? {
        match key.as_str() {
            "after" => after = Some(super::user(&value)?),
            "limit" => most = limit(&value)?,
            _ => return Err(bad("the query may have after= (a user) and limit= (1 to 100)")),
        }
    }
    Ok((after, most))
}

// decoded as on the socket: a `+` is literal, because ids may contain it
fn pairs(query: &str) -> Result<Vec<(String, String)>, Failure> {
    query::pairs(query).map_err(|query::Undecodable| bad("the query is not percent-encoded UTF-8"))
}

fn limit(text: &str) -> Result<usize, Failure> {
    let limit = text.parse().ok().filter(|limit| (1..=PAGE_MAX).contains(limit));
    limit.ok_or_else(|| bad(format!("`limit`: {text:?} is not within 1 and {PAGE_MAX}")))
}

fn bad(message: impl Into<String>) -> Failure {
    Failure::new(ErrorCode::BadPayload, message)
}
