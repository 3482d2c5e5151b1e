//! Events for the application.

use crate::contact::Contact;
use crate::error::HubError;
use crate::read_mark::ReadMark;
use crate::wire::Received;
use hubwire_protocol::{Address, OrgId, Position, UserId};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::sync::Arc;
use std::time::Duration;

/// An action that somebody sent. Any member may send any `type`: validate it before you trust it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Publication {
    /// `type`.
    pub kind: String,
    /// `payload`, as received.
    pub payload: Option<Box<RawValue>>,
    /// The address it was sent to.
    pub to: Address,
    /// The sender; `None` if the server API published it.
    pub from: Option<UserId>,
    /// Its position in the stream; `None` if it is ephemeral.
    pub pos: Option<Position>,
    /// The id that the sender gave it.
    pub id: Option<String>,
    /// When the node accepted it, in Unix milliseconds.
    pub ts: Option<u64>,
    /// `error`.
    pub is_error: bool,
}

impl Publication {
    /// The payload, deserialized; an absent one is read as null.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.payload.as_deref().map_or("null", RawValue::get))
    }

    /// Whether it was sent without being stored in a log.
    pub fn is_ephemeral(&self) -> bool {
        self.pos.is_none()
    }

    /// From an action as received. `None` if it has no address that this version knows.
    pub(crate) fn read(received: &Received<'_, &RawValue>) -> Option<Self> {
        let hub = &received.meta.hub;
        Some(Publication {
            kind: received.kind.clone().into_owned(),
            payload: received.payload.map(ToOwned::to_owned),
            to: hub.to.as_deref()?.parse().ok()?,
            from: hub.from.as_deref().and_then(|from| from.parse().ok()),
            pos: hub.pos.as_deref().and_then(|pos| pos.parse().ok()),
            id: hub.id.as_deref().map(str::to_owned),
            ts: hub.ts,
            is_error: received.error,
        })
    }
}

/// Publications of a stream are lost: reload your state. The stream continues after `pos`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The stream; `None` for a feed of several streams that was not read.
    pub stream: Option<Address>,
    /// The position after which it continues.
    pub pos: Option<Position>,
    /// The cause.
    pub cause: GapCause,
}

/// Why publications are lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GapCause {
    /// The node had to skip some.
    Lag,
    /// The log no longer contains the client's position.
    NotRecovered,
    /// A feed that was not read was full.
    Overflow,
}

impl GapCause {
    /// The name that the other libraries use.
    pub fn as_str(self) -> &'static str {
        match self {
            GapCause::Lag => "lag",
            GapCause::NotRecovered => "not_recovered",
            GapCause::Overflow => "overflow",
        }
    }
}

/// The state of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The application has not asked to connect yet.
    Idle,
    /// The first connection is being opened.
    Connecting,
    /// The node has accepted the session.
    Connected,
    /// The connection ended, and a new one is being opened.
    Reconnecting,
    /// The client has given up.
    Failed,
    /// The application closed the client.
    Closed,
}

impl State {
    /// The name that the other libraries use.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Idle => "idle",
            State::Connecting => "connecting",
            State::Connected => "connected",
            State::Reconnecting => "reconnecting",
            State::Failed => "failed",
            State::Closed => "closed",
        }
    }

    /// Whether the state will not change any more.
    pub fn is_final(self) -> bool {
        matches!(self, State::Failed | State::Closed)
    }
}

/// The state changed, or a further attempt is scheduled.
#[derive(Debug, Clone)]
pub struct StateChange {
    /// The current state.
    pub state: State,
    /// The previous state.
    pub previous: State,
    /// Why the client failed.
    pub error: Option<HubError>,
    /// Time until the next attempt.
    pub retry_in: Option<Duration>,
}

/// The stored state of a channel at a position: start with it; later publications follow.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Snapshot {
    /// The channel.
    pub channel: Address,
    /// The position of the last publication that it includes.
    pub pos: Position,
    /// When it was stored, in Unix milliseconds.
    pub ts: Option<u64>,
    /// The state, as it was stored.
    pub payload: Box<RawValue>,
}

impl Snapshot {
    /// The state, deserialized.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.payload.get())
    }
}

/// Another user invited this one to a channel. It is stored in the user's stream, so it also reaches a user who was
/// offline.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Invitation {
    /// The channel.
    pub channel: Address,
    /// The inviting user.
    pub from: Option<UserId>,
    /// Its position in the user's stream.
    pub pos: Option<Position>,
    /// When the node accepted it, in Unix milliseconds.
    pub ts: Option<u64>,
}

impl Invitation {
    pub(crate) fn read(publication: &Publication) -> Option<Self> {
        #[derive(serde::Deserialize)]
        struct Payload {
            channel: String,
        }
        let is_one = publication.kind == hubwire_protocol::INVITED;
        let payload: Payload = publication.payload().ok().filter(|_| is_one)?;
        let (from, pos, ts) = (publication.from.clone(), publication.pos, publication.ts);
        Some(Invitation { channel: payload.channel.parse().ok()?, from, pos, ts })
    }
}

/// The members of a channel changed, or the list became stale or current.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresenceChange {
    /// The channel.
    pub channel: Address,
    /// Users who joined.
    pub joined: Vec<UserId>,
    /// Users who left.
    pub left: Vec<UserId>,
    /// Users with a changed number of sessions, state or profile.
    pub changed: Vec<UserId>,
    /// Whether the list may be outdated because there is no connection.
    pub stale: bool,
}

/// An item of a feed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// A publication.
    Action(Arc<Publication>),
    /// Publications are lost.
    Gap(Gap),
    /// The state with which a channel starts, or with which it continues after a gap.
    Snapshot(Arc<Snapshot>),
    /// Another user invited this one. Also delivered as [`Event::Action`], because it is a publication in the user's
    /// stream.
    Invited(Invitation),
    /// The relation to another user changed.
    Contact(Contact),
    /// One of the user's sessions marked a conversation as read up to a position.
    Read(ReadMark),
    /// The members of a channel changed.
    Presence(PresenceChange),
    /// The state of the connection changed.
    State(StateChange),
    /// All missed publications have been delivered.
    Synced,
    /// There was no connection for longer than [`Options::lost_after`](crate::Options::lost_after).
    Lost,
    /// The connection was restored after [`Event::Lost`]; the duration is how long it was lost.
    Restored(Duration),
    /// The node is draining; the client will connect to another one after this time, without action by the application.
    Bye(Duration),
    /// The organisations of the user changed.
    Orgs(Vec<OrgId>),
    /// A failure that no caller is waiting for.
    Error(HubError),
}
