//! `GET /v1/users/{user}/sessions`: the sessions of a user. `GET /v1/sessions/{session}`: the state of a session, from
//! its node.

use super::user;
use crate::http::failure::Failure;
use crate::http::state::HttpState;
use crate::operator::{ask, Question};
use actix_web::{web, HttpResponse};
use hubwire_actors::words::cluster::SessionEntry;
use hubwire_actors::words::status::SessionStatus;
use hubwire_protocol::{ErrorCode, SessionId};
use serde_json::{json, Value};

/// Lists the live sessions of a user on all nodes, oldest first.
pub async fn list(state: web::Data<HttpState>, path: web::Path<String>) -> Result<HttpResponse, Failure> {
    let user = user(&path)?;
    let mut entries = state.cluster.sessions(user.clone()).await?;
    entries.sort_by_key(|SessionEntry { entry, .. }| (entry.since_ms, entry.session));
    let sessions: Vec<Value> = entries
        .iter()
        .map(|SessionEntry { entry, node }| {
            json!({
                "session": entry.session,
                "node": node,
                "incarnation": entry.session.incarnation().to_string(),
                "device": entry.device,
                "since_ms": entry.since_ms,
            })
        })
        .collect();
    Ok(HttpResponse::Ok().json(json!({ "user": user, "sessions": sessions })))
}

/// Asks the node of a session for its state. 404 when there is no such session on a live node.
pub async fn show(state: web::Data<HttpState>, path: web::Path<String>) -> Result<HttpResponse, Failure> {
    let session: SessionId = super::session(&path)?;
    let node = state.cluster.nodes().await?.into_iter().find(|node| node.incarnation == session.incarnation());
    let gone = || Failure::NotFound { message: "no node that is alive has this session".into() };
    let node = node.ok_or_else(gone)?;
    let question = Question::Sessions(vec![session]);
    let Some(found) = ask::one::<Vec<SessionStatus>>(&*state.cluster, node.incarnation, &question).await else {
        let message = format!("node {} did not answer within a second", ask::name(&node));
        return Err(Failure::new(ErrorCode::Timeout, message));
    };
    let mut body = json!(found.first().ok_or_else(gone)?);
    body["node"] = json!(node.label);
    body["incarnation"] = json!(node.incarnation.to_string());
    Ok(HttpResponse::Ok().json(body))
}
