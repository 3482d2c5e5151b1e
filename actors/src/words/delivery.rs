//! All messages to a delivery actor. They come from actors of the core thread, in their order.

use super::beginning::Beginning;
use super::frames::Frames;
use super::ids::{FeedId, MemberKey};
use super::port::port;
use super::present::Present;
use super::receivers::Receivers;
use super::status::{CountMembers, ListChannels};
use crate::probe::Probe;
use crate::trace::TracedArrival;
use actix::Message;
use bytes::Bytes;
use hubwire_protocol::{Address, CloseCode, OwnClose, Position, UserId};
use std::sync::Arc;
use tokio::sync::oneshot;

/// The start of a member in a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// With the next publication.
    Now,
    /// After this position: the log is read until the member has caught up.
    After {
        /// The position.
        pos: Position,
        /// The start if the log does not hold the position.
        gone: Gone,
    },
}

/// The start of a member whose position is no longer in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// At the top of the log.
    Top,
    /// With the oldest publication of the log.
    Oldest,
}

/// How the client is told of the start.
#[derive(Debug, Clone)]
pub enum Announce {
    /// Not at all: the welcome covers it.
    Silent,
    /// As a join, answering `re`.
    Joined {
        /// The action's id.
        re: Option<Box<str>>,
        /// The requested past.
        beginning: Option<Arc<Beginning>>,
    },
    /// As a resume, answering `re`.
    Resumed {
        /// The action's id.
        re: Option<Box<str>>,
    },
}

/// From a feed: add a session. If it is a member already, it starts over at `start` (a resume).
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct AddMember {
    /// The feed.
    pub feed: FeedId,
    /// Its stream.
    pub stream: Arc<Address>,
    /// The position of the feed.
    pub last: Position,
    /// The member.
    pub key: MemberKey,
    /// The start.
    pub start: Start,
    /// The announcement for the client.
    pub announce: Announce,
    /// Whether it receives `joined` and `left` of others.
    pub presence: bool,
    /// Members of the channel; only for channels.
    pub present: Option<Arc<Present>>,
}

/// From a feed: remove a session.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct RemoveMember {
    /// The feed.
    pub feed: FeedId,
    /// The member.
    pub key: MemberKey,
    /// The answer to its leave, already encoded.
    pub reply: Option<Bytes>,
}

/// From a feed: a publication, in the feed's order.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct DeliverPublication {
    /// The feed.
    pub feed: FeedId,
    /// Its position.
    pub pos: Position,
    /// The position of the worker before it.
    pub prev: Position,
    /// The encoded publication.
    pub frames: Frames,
    /// The members that receive it.
    pub receivers: Receivers,
    /// Present if its sender records a trace.
    pub traced: Option<Box<TracedArrival>>,
}

/// From a feed: the publications between `prev` and `pos` were not for members of this worker.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct Passed {
    /// The feed.
    pub feed: FeedId,
    /// The position of the worker before.
    pub prev: Position,
    /// The position of the feed.
    pub pos: Position,
}

/// From a feed: the publications between the last delivered one and `top` are no longer in the log.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct Reset {
    /// The feed.
    pub feed: FeedId,
    /// The position from which the feed continues.
    pub top: Position,
}

/// From a feed: its position is `last`. Sent after this mailbox was full, so that the loss of the last publication
/// shows.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct Mark {
    /// The feed.
    pub feed: FeedId,
    /// The position.
    pub last: Position,
}

/// From a feed: an action that is in no log. Dropped for a session whose outbox is full.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct Tell {
    /// The feed.
    pub feed: FeedId,
    /// The encoded action.
    pub frames: Frames,
    /// The members that receive it, among the audience.
    pub receivers: Receivers,
    /// The audience.
    pub audience: Audience,
    /// Members of the channel after it; only for channels.
    pub present: Option<Arc<Present>>,
}

/// A part of a topic's members.
#[derive(Debug, Clone)]
pub enum Audience {
    /// All members.
    All,
    /// Members that receive joins and leaves of others.
    Presence,
    /// The same, without the sessions of these users: they do not receive their own joins and leaves.
    PresenceWithout(Arc<[UserId]>),
    /// The same, only sessions of this user.
    PresenceOf(UserId),
}

impl Audience {
    /// Whether a session of `user` is among them. `wants_presence`: it receives joins and leaves of others.
    pub(crate) fn holds(&self, user: Option<&UserId>, wants_presence: bool) -> bool {
        match self {
            Audience::All => true,
            Audience::Presence => wants_presence,
            Audience::PresenceWithout(users) => wants_presence && !user.is_some_and(|user| users.contains(user)),
            Audience::PresenceOf(only) => wants_presence && user == Some(only),
        }
    }
}

/// From presence: an action for one session that is in no log.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct TellOne {
    /// The member.
    pub key: MemberKey,
    /// The encoded action.
    pub frame: Bytes,
}

/// From the log reader: what a lagging session missed.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct CatchUp {
    /// The feed.
    pub feed: FeedId,
    /// The member.
    pub key: MemberKey,
    /// The position after which the log was read: a member that started over meanwhile has another read in flight, and
    /// ignores this one.
    pub after: Position,
    /// The result of the read.
    pub outcome: CatchUpOutcome,
}

/// The result of a read of the log.
#[derive(Debug, Clone)]
pub enum CatchUpOutcome {
    /// The position is in the log.
    Missed {
        /// The publications after it, oldest first; none when it was the top.
        missed: Arc<Vec<Missed>>,
        /// The last position of the log at that moment.
        top: Position,
    },
    /// The log no longer holds the position.
    Gone {
        /// The last position of the log at that moment.
        top: Position,
        /// The position before the oldest publication that it holds.
        oldest: Position,
    },
    /// The broker did not answer: the next tick asks again.
    Failed,
}

/// A publication read from the log, encoded for one session's dialect.
#[derive(Debug, Clone)]
pub struct Missed {
    /// Its position.
    pub pos: Position,
    /// The frame; `None` if the dialect cannot express it.
    pub frame: Option<Bytes>,
    /// The sessions that receive it.
    pub receivers: Receivers,
}

/// From presence: close a session. One that is closed as unauthenticated gets the reason `disconnected`.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct CloseMember {
    /// The member.
    pub key: MemberKey,
    /// The close code.
    pub code: CloseCode,
    /// How an application says it, where the client's protocol has words for it.
    pub own: Option<OwnClose>,
}

/// From the node while it drains: say goodbye to this many sessions, then close them.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct DrainSome {
    /// How many, at most.
    pub count: usize,
    /// The number of sessions that were asked.
    pub answer: oneshot::Sender<usize>,
}

/// To itself: write what the turn has collected.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct Flush;

port! {
    /// The delivery actor of a worker thread.
    DeliveryPort: AddMember, RemoveMember, DeliverPublication, Passed, Reset, Mark, Tell, TellOne, CatchUp,
        CloseMember, DrainSome, ListChannels, CountMembers, Flush, Probe
}
