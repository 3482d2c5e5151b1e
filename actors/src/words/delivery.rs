//! All that a delivery actor can be told. Everything comes from actors of the core thread, in their order.

use super::beginning::Beginning;
use super::frames::Frames;
use super::ids::{FeedId, MemberKey};
use super::port::port;
use super::present::Present;
use super::receivers::Receivers;
use super::status::{CountMembers, ListChannels};
use crate::probe::Probe;
use crate::trace::Arrived;
use actix::Message;
use bytes::Bytes;
use hubwire_protocol::{Address, CloseCode, OwnClose, Position, UserId};
use std::sync::Arc;
use tokio::sync::oneshot;

/// Where a member starts in a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// With the next publication.
    Now,
    /// After this position: the log is read until the member has caught up.
    After {
        /// The position.
        pos: Position,
        /// Where the member goes on when the log does not hold it.
        gone: Gone,
    },
}

/// Where a member goes on whose position is not in the log any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// At the top of the log.
    Top,
    /// With the oldest publication of the log.
    Oldest,
}

/// How the client learns that it was added.
#[derive(Debug, Clone)]
pub enum Announce {
    /// Not at all: the welcome says it.
    Silent,
    /// As a join, answering `re`.
    Joined {
        /// The action's id.
        re: Option<Box<str>>,
        /// What comes with it.
        beginning: Option<Arc<Beginning>>,
    },
    /// As a resume, answering `re`.
    Resumed {
        /// The action's id.
        re: Option<Box<str>>,
    },
}

/// From a feed: a session takes part from now on. Again for a member: it starts over at `start` (a resume).
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct AddMember {
    /// The feed.
    pub feed: FeedId,
    /// Its stream.
    pub stream: Arc<Address>,
    /// Where the feed stands.
    pub last: Position,
    /// The member.
    pub key: MemberKey,
    /// From where.
    pub start: Start,
    /// What is sent to the client first.
    pub announce: Announce,
    /// Whether it receives `joined` and `left` of others.
    pub presence: bool,
    /// Members of the channel; of channels only.
    pub present: Option<Arc<Present>>,
}

/// From a feed: a session takes part no more.
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
pub struct Publish {
    /// The feed.
    pub feed: FeedId,
    /// Its position.
    pub pos: Position,
    /// The position that the worker had before it.
    pub prev: Position,
    /// The encoded publication.
    pub frames: Frames,
    /// Which members get it.
    pub receivers: Receivers,
    /// Of one whose sender records a trace.
    pub traced: Option<Box<Arrived>>,
}

/// From a feed: what lay between `prev` and `pos` concerned nobody on this worker.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct Passed {
    /// The feed.
    pub feed: FeedId,
    /// The latest position that the worker was given.
    pub prev: Position,
    /// Where the feed stands.
    pub pos: Position,
}

/// From a feed: what lay between the last publication and `top` is not in the log any more.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct Reset {
    /// The feed.
    pub feed: FeedId,
    /// Where it goes on.
    pub top: Position,
}

/// From a feed: the feed stands at `last`. Sent after this mailbox was full, so that a lost last publication shows.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct Mark {
    /// The feed.
    pub feed: FeedId,
    /// Where it stands.
    pub last: Position,
}

/// From a feed: something that is in no log. Dropped for a session whose outbox is full.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct Tell {
    /// The feed.
    pub feed: FeedId,
    /// The encoded action.
    pub frames: Frames,
    /// Which members get it, among the audience.
    pub receivers: Receivers,
    /// The receivers.
    pub audience: Audience,
    /// Members of the channel after it; of channels only.
    pub present: Option<Arc<Present>>,
}

/// The members of a topic that receive something.
#[derive(Debug, Clone)]
pub enum Audience {
    /// Everybody.
    All,
    /// Those who want to know who joins and leaves.
    Presence,
    /// Those who want to know, without the sessions of these users: their own coming and going is no news to them.
    PresenceWithout(Arc<[UserId]>),
    /// Those who want to know, among the sessions of this user.
    PresenceOf(UserId),
}

impl Audience {
    /// Whether a session of `user` is among them. `wants_presence`: it asked to be told who joins and leaves.
    pub(crate) fn holds(&self, user: Option<&UserId>, wants_presence: bool) -> bool {
        match self {
            Audience::All => true,
            Audience::Presence => wants_presence,
            Audience::PresenceWithout(users) => wants_presence && !user.is_some_and(|user| users.contains(user)),
            Audience::PresenceOf(only) => wants_presence && user == Some(only),
        }
    }
}

/// From presence: something for one session that is in no log.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct TellOne {
    /// The member.
    pub key: MemberKey,
    /// The encoded action.
    pub frame: Bytes,
}

/// From the bridge: what a session that was behind missed.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct CatchUp {
    /// The feed.
    pub feed: FeedId,
    /// The member.
    pub key: MemberKey,
    /// The position it was read from: a member that started over meanwhile asked anew, and needs no other answer.
    pub after: Position,
    /// What the log had.
    pub outcome: CatchUpOutcome,
}

/// What the log had.
#[derive(Debug, Clone)]
pub enum CatchUpOutcome {
    /// The position is in the log.
    Missed {
        /// The publications after it, oldest first; none when it was the top.
        missed: Arc<Vec<Missed>>,
        /// The last position of the log at that moment.
        top: Position,
    },
    /// The position is not in the log any more.
    Gone {
        /// The last position of the log at that moment.
        top: Position,
        /// The position before the oldest publication that it holds.
        oldest: Position,
    },
    /// The broker did not answer: asked again with the next tick.
    Failed,
}

/// A publication read from the log, encoded for one session's dialect.
#[derive(Debug, Clone)]
pub struct Missed {
    /// Its position.
    pub pos: Position,
    /// The frame; `None` where the dialect has none for it.
    pub frame: Option<Bytes>,
    /// Which sessions get it.
    pub receivers: Receivers,
}

/// From presence: close a session. One that is closed as unauthenticated gets the reason `disconnected`.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct CloseMember {
    /// The member.
    pub key: MemberKey,
    /// Why.
    pub code: CloseCode,
    /// How an application says it, where the client's protocol has words for it.
    pub own: Option<OwnClose>,
}

/// From the node while it drains: say goodbye to, then close, so many sessions.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct DrainSome {
    /// How many.
    pub count: usize,
    /// How many there were, at most so many.
    pub answer: oneshot::Sender<usize>,
}

/// To itself: write what the turn collected.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct Flush;

port! {
    /// The delivery actor of a worker thread.
    DeliveryPort: AddMember, RemoveMember, Publish, Passed, Reset, Mark, Tell, TellOne, CatchUp, CloseMember, DrainSome,
        ListChannels, CountMembers, Flush, Probe
}
