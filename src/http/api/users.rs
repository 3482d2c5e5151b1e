//! `GET /v1/users/{user}`: the whole state of a user.

use super::denylist::Block;
use super::sessions::Session;
use crate::http::failure::Failure;
use crate::http::path::At;
use crate::http::responses::{Done, Status};
use crate::http::state::HttpState;
use crate::operator::{ask, Question};
use actix_web::web;
use futures_util::future::join_all;
use hubwire_actors::backend::DenialSubject;
use hubwire_actors::words::cluster::SessionEntry;
use hubwire_actors::words::status::{SessionStatus, StreamOfSession, StreamStatus};
use hubwire_protocol::{Address, DeviceId, Incarnation, OrgId, Position, SessionId, UserId};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The largest number of sessions in the list; `count` has the number of all.
const SESSIONS_MAX: usize = 100;

/// Sessions, stream, cursors of the devices that are connected, and whether the user is blocked.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UserStatus {
    user: UserId,
    /// The number of sessions.
    count: usize,
    /// The 100 oldest sessions.
    sessions: Vec<SessionOfUser>,
    /// For a user without sessions: when the last one ended, Unix milliseconds; only with `presence.last_seen`.
    last_seen: Option<u64>,
    stream: StreamStatus,
    /// By device and stream: the position that the device has acknowledged.
    cursors: BTreeMap<DeviceId, BTreeMap<Address, Position>>,
    blocked: Option<Block>,
}

/// A session, with its state on its node.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionOfUser {
    #[serde(flatten)]
    session: Session,
    /// Whether the node did not answer; then what only it knows is missing.
    silent: bool,
    #[serde(flatten)]
    known: Option<KnownToNode>,
}

/// The state of a session that only its node knows.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KnownToNode {
    /// The address of the client.
    address: Option<Box<str>>,
    /// The subprotocol it speaks.
    codec: String,
    orgs: Vec<OrgId>,
    /// The view of the session.
    view: Option<Address>,
    streams: Vec<StreamOfSession>,
    /// Bytes that wait in the outbox of its socket.
    outbox_bytes: usize,
    /// Bytes written to its socket so far.
    written_bytes: u64,
}

/// The user's sessions with their states, its stream, the cursors of its devices, and its block.
pub async fn show(state: web::Data<HttpState>, At(user): At<UserId>) -> Result<Done<UserStatus>, Failure> {
    let mut entries = state.cluster.sessions(user.clone()).await?;
    entries.sort_by_key(|SessionEntry { entry, .. }| (entry.since_ms, entry.session));
    let count = entries.len();
    entries.truncate(SESSIONS_MAX);
    let mut described = describe(&state, entries.iter().map(|it| it.entry.session)).await;
    let sessions = entries.iter().map(|it| session(it, described.remove(&it.entry.session))).collect();
    let last_seen = state.cluster.presence_of(user.clone()).await?.first().and_then(|it| it.last_seen);
    let stream = state.cluster.stream(Address::User(user.clone())).await?;
    let cursors = cursors(&state, &user, &entries).await?;
    let blocked = blocked(&state, &user).await?;
    Ok(Status(UserStatus { user, count, sessions, last_seen, stream, cursors, blocked }))
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

/// The directory's entry of a session, with the state from its node.
fn session(entry: &SessionEntry, status: Option<SessionStatus>) -> SessionOfUser {
    let known = status.map(|it| KnownToNode {
        address: it.address,
        codec: it.codec,
        orgs: it.orgs,
        view: it.view,
        streams: it.streams,
        outbox_bytes: it.outbox_bytes,
        written_bytes: it.written_bytes,
    });
    SessionOfUser { session: Session::of(entry), silent: known.is_none(), known }
}

/// The cursors: positions by device and stream.
async fn cursors(
    state: &HttpState,
    user: &UserId,
    entries: &[SessionEntry],
) -> Result<BTreeMap<DeviceId, BTreeMap<Address, Position>>, Failure> {
    let devices: BTreeSet<DeviceId> = entries.iter().filter_map(|it| it.entry.device.clone()).collect();
    let devices: Vec<DeviceId> = devices.into_iter().collect();
    if devices.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found = state.cluster.cursors(user.clone(), devices.clone()).await?;
    let positions = found.into_iter().map(|of_device| of_device.into_iter().collect());
    Ok(devices.into_iter().zip(positions).collect())
}

async fn blocked(state: &HttpState, user: &UserId) -> Result<Option<Block>, Failure> {
    let subject = DenialSubject::User(user.clone());
    let block = state.cluster.denials().await?.into_iter().find(|denial| denial.subject == subject);
    Ok(block.as_ref().map(Block::of))
}
