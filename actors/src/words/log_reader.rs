//! All messages to the log reader.

use super::action_class::ActionClass;
use super::answer::Asker;
use super::delivery::DeliveryPort;
use super::ids::{FeedId, MemberKey};
use super::outcome::{Refusal, USERS_PER_ACTION};
use super::payer::Payer;
use super::port::port;
use super::status::{LiveNode, StreamStatus};
use crate::access::reach::Strangers;
use crate::access::within::Within;
use crate::probe::Probe;
use actix::prelude::*;
use bytes::Bytes;
use hubwire_protocol::people::PeopleQuery;
use hubwire_protocol::{Address, DeviceId, Dialect, Position, UserId};
use std::sync::Arc;
use tokio::sync::oneshot;

/// From a delivery actor: read on the stream of a lagging member.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ReadOn {
    /// The stream.
    pub stream: Arc<Address>,
    /// The position of the member.
    pub after: Position,
    /// The feed, for the answer.
    pub feed: FeedId,
    /// The member.
    pub key: MemberKey,
    /// Its dialect.
    pub dialect: Dialect,
    /// Receives the answer.
    pub delivery: Arc<dyn DeliveryPort>,
}

/// From a session or the server API: a question to the broker.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Ask {
    /// The question.
    pub question: Question,
    /// The accounts that pay; absent for the server API.
    pub payer: Option<Payer>,
    /// Receives the answer.
    pub asker: Asker,
}

/// The start of a page of a stream, and its direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageStart {
    /// With the newest publication.
    Newest,
    /// With the newest publication older than this one.
    Before(Position),
    /// With the oldest publication newer than this one.
    After(Position),
}

/// A publication by its sender's id.
#[derive(Debug, Clone)]
pub struct Named {
    /// The id.
    pub id: Box<str>,
    /// The sender; `None`: any. Two senders may use the same id.
    pub from: Option<UserId>,
    /// The user that asks: a publication that excludes it is not found.
    pub reader: UserId,
}

/// The questions.
#[derive(Debug, Clone)]
pub enum Question {
    /// Members of a channel.
    Members {
        /// The channel.
        channel: Address,
        /// The requested part.
        page: Page,
    },
    /// The number of a user's sessions.
    User {
        /// The user.
        user: UserId,
        /// Answered only if the user is within these bounds.
        within: Option<Within>,
    },
    /// The number of sessions of each of these users.
    Users {
        /// The users.
        users: Vec<UserId>,
        /// Answered only if these are within reach.
        strangers: Option<Strangers>,
    },
    /// Contacts and blocks of a user.
    People {
        /// The user that asks.
        user: UserId,
        /// The requested part.
        query: PeopleQuery,
    },
    /// The latest conversations of a user.
    Conversations {
        /// The user that asks.
        user: UserId,
        /// At most this many.
        limit: usize,
    },
    /// The past of a channel for the answer to a join.
    Beginning {
        /// The channel.
        channel: Address,
        /// How many of its newest publications.
        recent: usize,
        /// Whether to include its snapshot.
        snapshot: bool,
    },
    /// Publications of a stream.
    History {
        /// The stream.
        stream: Address,
        /// The start of the page.
        from: PageStart,
        /// At most this many.
        limit: usize,
        /// Whether to return the top of the log, too.
        top: bool,
    },
    /// One publication of a stream, among the newest.
    Publication {
        /// The stream.
        stream: Address,
        /// Its id.
        named: Named,
    },
}

impl Question {
    /// The number of further actions that it counts as, whatever the answer.
    pub fn cost(&self) -> usize {
        match self {
            Question::Users { users, .. } => users.len() / USERS_PER_ACTION,
            _ => 0,
        }
    }

    /// The class that it counts in.
    pub fn class(&self) -> ActionClass {
        match self {
            Question::Members { .. } | Question::User { .. } | Question::Users { .. } | Question::People { .. } => {
                ActionClass::Presence
            }
            Question::History { .. }
            | Question::Publication { .. }
            | Question::Beginning { .. }
            | Question::Conversations { .. } => ActionClass::History,
        }
    }
}

/// A part of the users in a channel, in the order of their ids.
#[derive(Debug, Clone)]
pub struct Page {
    /// Only their number.
    pub count_only: bool,
    /// Only those after this one.
    pub after: Option<UserId>,
    /// At most this many.
    pub limit: usize,
}

/// The receiver of the result.
pub type LookedUp<T> = oneshot::Sender<Result<T, Refusal>>;

/// From the node, for an operator: look something up at the broker.
#[derive(Message)]
#[rtype(result = "()")]
pub enum Lookup {
    /// The nodes whose lease is valid.
    Nodes(LookedUp<Vec<LiveNode>>),
    /// The state of a log.
    Stream {
        /// The stream.
        stream: Address,
        /// The answer.
        answer: LookedUp<StreamStatus>,
    },
    /// The cursors of devices of a user, in the given order.
    Cursors {
        /// The user.
        user: UserId,
        /// The devices.
        devices: Vec<DeviceId>,
        /// The answer.
        answer: LookedUp<Vec<Vec<(Address, Position)>>>,
    },
    /// The number of users in channels, and the tops of their logs, in the given order.
    Occupancy {
        /// The channels.
        channels: Vec<Address>,
        /// The answer.
        answer: LookedUp<Vec<(usize, Position)>>,
    },
    /// One stored publication; `None` if the log does not hold it.
    Publication {
        /// Its stream.
        stream: Address,
        /// Its position.
        pos: Position,
        /// The answer.
        answer: LookedUp<Option<Bytes>>,
    },
    /// Requirements of the configuration that the broker does not meet.
    Advice(LookedUp<Vec<String>>),
}

impl Lookup {
    /// Answers with a refusal.
    pub(crate) fn refuse(self, refusal: &Refusal) {
        fn to<T>(answer: LookedUp<T>, refusal: &Refusal) {
            drop(answer.send(Err(refusal.clone()))); // a caller that went away wants none
        }
        match self {
            Lookup::Nodes(answer) => to(answer, refusal),
            Lookup::Stream { answer, .. } => to(answer, refusal),
            Lookup::Cursors { answer, .. } => to(answer, refusal),
            Lookup::Occupancy { answer, .. } => to(answer, refusal),
            Lookup::Publication { answer, .. } => to(answer, refusal),
            Lookup::Advice(answer) => to(answer, refusal),
        }
    }
}

port! {
    /// The reader of logs.
    LogReaderPort: ReadOn, Ask, Lookup, Probe
}
