//! `GET /v1/users/{user}`: the whole state of a user.

use super::user;
use crate::http::failure::Failure;
use crate::http::state::HttpState;
use crate::operator::{ask, Question};
use actix_web::{web, HttpResponse};
use futures_util::future::join_all;
use hubwire_actors::backend::{Denial, Subject};
use hubwire_actors::words::cluster::SessionEntry;
use hubwire_actors::words::status::SessionStatus;
use hubwire_protocol::{Address, DeviceId, Incarnation, SessionId, UserId};
use serde_json::{json, Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Most sessions in the list; `count` is their number.
const SESSIONS_MAX: usize = 100;

/// Sessions with their states, the user's stream, the cursors of its devices, and whether it is blocked.
pub async fn show(state: web::Data<HttpState>, path: web::Path<String>) -> Result<HttpResponse, Failure> {
    let user = user(&path)?;
    let mut entries = state.cluster.sessions(user.clone()).await?;
    entries.sort_by_key(|SessionEntry { entry, .. }| (entry.since_ms, entry.session));
    let count = entries.len();
    entries.truncate(SESSIONS_MAX);
    let described = describe(&state, entries.iter().map(|it| it.entry.session)).await;
    let sessions: Vec<Value> = entries.iter().map(|it| session(it, described.get(&it.entry.session))).collect();
    let last_seen = state.cluster.presence_of(user.clone()).await?.first().and_then(|it| it.last_seen);
    let stream = state.cluster.stream(Address::User(user.clone())).await?;
    let cursors = cursors(&state, &user, &entries).await?;
    let blocked = blocked(&state, &user).await?;
    Ok(HttpResponse::Ok().json(json!({
        "user": user,
        "count": count,
        "sessions": sessions,
        "last_seen": last_seen,
        "stream": super::streams::shown(&stream),
        "cursors": cursors,
        "blocked": blocked,
    })))
}

/// Asks the nodes of sessions for their states. Sessions of nodes that do not answer are missing.
pub(super) async fn describe(
    state: &HttpState,
    sessions: impl Iterator<Item = SessionId>,
) -> BTreeMap<SessionId, SessionStatus> {
    let mut of_node: BTreeMap<Incarnation, Vec<SessionId>> = BTreeMap::new();
    for session in sessions {
        of_node.entry(session.incarnation()).or_default().push(session);
    }
    let asked = of_node.into_iter().map(|(node, sessions)| async move {
        ask::one::<Vec<SessionStatus>>(&*state.cluster, node, &Question::Sessions(sessions)).await
    });
    let described = join_all(asked).await.into_iter().flatten().flatten();
    described.map(|status| (status.session, status)).collect()
}

/// The directory entry of a session, with its state from its node.
fn session(SessionEntry { entry, node }: &SessionEntry, status: Option<&SessionStatus>) -> Value {
    let mut shown = match status.map(|status| json!(status)) {
        Some(Value::Object(shown)) => shown,
        _ => Map::new(),
    };
    shown.remove("user");
    shown.insert("session".into(), json!(entry.session));
    shown.insert("node".into(), json!(node));
    shown.insert("incarnation".into(), json!(entry.session.incarnation().to_string()));
    shown.insert("device".into(), json!(entry.device));
    shown.insert("since_ms".into(), json!(entry.since_ms));
    shown.insert("silent".into(), json!(status.is_none()));
    Value::Object(shown)
}

/// The cursors, by device: streams and positions.
async fn cursors(state: &HttpState, user: &UserId, entries: &[SessionEntry]) -> Result<Value, Failure> {
    let devices: BTreeSet<DeviceId> = entries.iter().filter_map(|it| it.entry.device.clone()).collect();
    let devices: Vec<DeviceId> = devices.into_iter().collect();
    if devices.is_empty() {
        return Ok(json!({}));
    }
    let found = state.cluster.cursors(user.clone(), devices.clone()).await?;
    let positions = found.into_iter().map(|of_device| of_device.into_iter().collect::<BTreeMap<_, _>>());
    Ok(json!(devices.into_iter().zip(positions).collect::<BTreeMap<_, _>>()))
}

async fn blocked(state: &HttpState, user: &UserId) -> Result<Value, Failure> {
    let subject = Subject::User(user.clone());
    let block = state.cluster.denials().await?.into_iter().find(|denial| denial.subject == subject);
    Ok(block.map_or(
        Value::Null,
        |Denial { reason, left, .. }| json!({ "reason": reason, "expires_in_s": left.as_millis().div_ceil(1000) }),
    ))
}
