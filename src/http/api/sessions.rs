//! `GET /v1/users/{user}/sessions`: the sessions of a user. `GET /v1/sessions/{session}`: the state of a session, from
//! its node.

use crate::http::failure::Failure;
use crate::http::path::At;
use crate::http::responses::{Done, Status};
use crate::http::state::HttpState;
use crate::operator::{ask, Question};
use actix_web::web;
use hubwire_actors::words::cluster::SessionEntry;
use hubwire_actors::words::status::SessionStatus;
use hubwire_protocol::{DeviceId, ErrorCode, Incarnation, SessionId, UserId};
use serde::Serialize;

/// The sessions of a user; none if the user is not connected.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Sessions {
    user: UserId,
    sessions: Vec<Session>,
}

/// A session, as recorded in the directory.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Session {
    pub(super) session: SessionId,
    /// The label of the node that holds the socket; `null` if the node has not reported one.
    pub(super) node: Option<String>,
    /// The incarnation of the node that holds the socket.
    pub(super) incarnation: Incarnation,
    pub(super) device: Option<DeviceId>,
    /// When the session was attached, Unix milliseconds.
    pub(super) since_ms: u64,
}

/// A session, as its node knows it.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionOfNode {
    /// The label of its node.
    node: Option<String>,
    incarnation: Incarnation,
    #[serde(flatten)]
    status: SessionStatus,
}

impl Session {
    pub(super) fn of(SessionEntry { entry, node }: &SessionEntry) -> Self {
        Session {
            session: entry.session,
            node: node.clone(),
            incarnation: entry.session.incarnation(),
            device: entry.device.clone(),
            since_ms: entry.since_ms,
        }
    }
}

/// Lists the live sessions of a user on all nodes, oldest first.
pub async fn list(state: web::Data<HttpState>, At(user): At<UserId>) -> Result<Done<Sessions>, Failure> {
    let mut entries = state.cluster.sessions(user.clone()).await?;
    entries.sort_by_key(|SessionEntry { entry, .. }| (entry.since_ms, entry.session));
    Ok(Status(Sessions { user, sessions: entries.iter().map(Session::of).collect() }))
}

/// Asks the node of a session for its state. 404 if no live node has the session.
pub async fn show(state: web::Data<HttpState>, At(session): At<SessionId>) -> Result<Done<SessionOfNode>, Failure> {
    let node = state.cluster.nodes().await?.into_iter().find(|node| node.incarnation == session.incarnation());
    let gone = || Failure::NotFound { message: "no node that is alive has this session".into() };
    let node = node.ok_or_else(gone)?;
    let question = Question::Sessions(vec![session]);
    let Some(found) = ask::one::<Vec<SessionStatus>>(&*state.cluster, node.incarnation, &question).await else {
        let message = format!("node {} did not answer within a second", ask::name(&node));
        return Err(Failure::new(ErrorCode::Timeout, message));
    };
    let status = found.into_iter().next().ok_or_else(gone)?;
    Ok(Status(SessionOfNode { node: node.label, incarnation: node.incarnation, status }))
}
