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

/// An action somebody sent. Any member may send any `type`: check it before you trust it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Publication {
    /// `type`.
    pub kind: String,
    /// `payload`, as it came.
    pub payload: Option<Box<RawValue>>,
    /// Where it went.
    pub to: Address,
    /// The sender; `None` when the server API published.
    pub from: Option<UserId>,
    /// Its place in the stream; `None` when it is ephemeral.
    pub pos: Option<Position>,
    /// The sender's id of it.
    pub id: Option<String>,
    /// When the node accepted it, in Unix milliseconds.
    pub ts: Option<u64>,
    /// `error`.
    pub is_error: bool,
}

impl Publication {
    /// The payload as a type of the application's; an absent one is read as null.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.payload.as_deref().map_or("null", RawValue::get))
    }

    /// Whether it went through no log.
    pub fn is_ephemeral(&self) -> bool {
        self.pos.is_none()
    }

    /// From an action as a node sends it. `None` for one without an address this version knows.
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

/// Something was missed in a stream: load your state again. What follows is after `pos`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The stream; `None` for a feed of several that nobody read.
    pub stream: Option<Address>,
    /// Where it goes on.
    pub pos: Option<Position>,
    /// Why.
    pub cause: GapCause,
}

/// Why something was missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GapCause {
    /// The node had to skip.
    Lag,
    /// The log does not reach back to where the client was.
    NotRecovered,
    /// A feed that nobody read was full.
    Overflow,
}

impl GapCause {
    /// As the other libraries name it.
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
    /// Nobody asked it to connect.
    Idle,
    /// It opens the first connection.
    Connecting,
    /// The node welcomed it.
    Connected,
    /// The connection ended, and it opens another one.
    Reconnecting,
    /// It gave up.
    Failed,
    /// It was closed.
    Closed,
}

impl State {
    /// As the other libraries name it.
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

    /// Whether nothing follows.
    pub fn is_final(self) -> bool {
        matches!(self, State::Failed | State::Closed)
    }
}

/// The state changed, or another attempt begins later.
#[derive(Debug, Clone)]
pub struct StateChange {
    /// The state now.
    pub state: State,
    /// The one before.
    pub previous: State,
    /// Why it failed.
    pub error: Option<HubError>,
    /// When it tries again.
    pub retry_in: Option<Duration>,
}

/// The state of a channel at a position, as the node keeps it: begin with it; what came after it follows.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Snapshot {
    /// The channel.
    pub channel: Address,
    /// The last publication that is part of it.
    pub pos: Position,
    /// When it was stored, in Unix milliseconds.
    pub ts: Option<u64>,
    /// The state, as it was stored.
    pub payload: Box<RawValue>,
}

impl Snapshot {
    /// The state as a type of the application's.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.payload.get())
    }
}

/// Somebody invites the user to a channel. It stands in the user's stream, so it also comes to who was away.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Invitation {
    /// Where to.
    pub channel: Address,
    /// The sender.
    pub from: Option<UserId>,
    /// Where it stands in the user's stream.
    pub pos: Option<Position>,
    /// When, in Unix milliseconds.
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

/// The members of a channel changed, or whether the list is up to date did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresenceChange {
    /// The channel.
    pub channel: Address,
    /// Users that came.
    pub joined: Vec<UserId>,
    /// Users that went.
    pub left: Vec<UserId>,
    /// Users with a changed number of sessions, state or profile.
    pub changed: Vec<UserId>,
    /// There is no connection: the list is as it was last known.
    pub stale: bool,
}

/// What a feed gives.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// A publication.
    Action(Arc<Publication>),
    /// Something was missed.
    Gap(Gap),
    /// A channel begins with this state, or goes on with it after a gap.
    Snapshot(Arc<Snapshot>),
    /// Somebody invites the user. It also comes as [`Event::Action`], as what the node wrote into the user's stream.
    Invited(Invitation),
    /// How the user stands to another one changed.
    Contact(Contact),
    /// The user has read a conversation up to there, in whichever of its sessions.
    Read(ReadMark),
    /// The members of a channel changed.
    Presence(PresenceChange),
    /// The state of the connection changed.
    State(StateChange),
    /// All that was missed has been delivered.
    Synced,
    /// There was no connection for longer than [`Options::lost_after`](crate::Options::lost_after).
    Lost,
    /// The connection is back after [`Event::Lost`], for so long it was away.
    Restored(Duration),
    /// The node drains; the client goes to another one by itself, in so long.
    Bye(Duration),
    /// The organisations of the user changed.
    Orgs(Vec<OrgId>),
    /// Something failed that nobody waits for.
    Error(HubError),
}
