//! `GET /v1/users/{user}/sessions`: where a user is.

use super::user;
use crate::http::failure::Failure;
use crate::http::state::HttpState;
use actix_web::{web, HttpResponse};
use hubwire_actors::words::cluster::SessionEntry;
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
