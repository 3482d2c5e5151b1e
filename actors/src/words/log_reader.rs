//! All that the reader of logs can be told.

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

/// From a delivery actor: a member is behind; read its stream on.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ReadOn {
    /// The stream.
    pub stream: Arc<Address>,
    /// The position the member has.
    pub after: Position,
    /// The feed to answer about.
    pub feed: FeedId,
    /// The member.
    pub key: MemberKey,
    /// Its dialect.
    pub dialect: Dialect,
    /// Where the answer goes.
    pub delivery: Arc<dyn DeliveryPort>,
}

/// From a session or the server API: a question to the broker.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Ask {
    /// What.
    pub question: Question,
    /// User of the action; absent for the server API.
    pub payer: Option<Payer>,
    /// Receives the answer.
    pub asker: Asker,
}

/// Where a page of a stream begins, and its direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageStart {
    /// With the newest publication.
    Newest,
    /// With the newest publication older than this one.
    Before(Position),
    /// With the oldest publication newer than this one.
    After(Position),
}

/// A publication by the id its sender gave it.
#[derive(Debug, Clone)]
pub struct Named {
    /// The id.
    pub id: Box<str>,
    /// The sender; `None`: any. Two may use the same id.
    pub from: Option<UserId>,
    /// The user that asks: what leaves it out is not found.
    pub reader: UserId,
}

/// What can be asked.
#[derive(Debug, Clone)]
pub enum Question {
    /// Members of a channel.
    Members {
        /// The channel.
        channel: Address,
        /// Which of them.
        page: Page,
    },
    /// With how many sessions a user is there.
    User {
        /// The user.
        user: UserId,
        /// Answered only if the user is within these bounds.
        within: Option<Within>,
    },
    /// With how many sessions each of these users is there.
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
        /// Which of them.
        query: PeopleQuery,
    },
    /// With whom a user wrote last.
    Conversations {
        /// The user that asks.
        user: UserId,
        /// At most so many.
        limit: usize,
    },
    /// What comes with the answer to a join.
    Beginning {
        /// The channel.
        channel: Address,
        /// So many of its newest publications.
        recent: usize,
        /// Whether its snapshot is wanted.
        snapshot: bool,
    },
    /// Publications of a stream.
    History {
        /// The stream.
        stream: Address,
        /// Where the page begins.
        from: PageStart,
        /// At most so many.
        limit: usize,
        /// Whether to say where the log stands, too.
        top: bool,
    },
    /// One publication of a stream, among the newest.
    Publication {
        /// The stream.
        stream: Address,
        /// Which.
        named: Named,
    },
}

impl Question {
    /// As how many actions more than one it counts, whatever the answer.
    pub fn cost(&self) -> usize {
        match self {
            Question::Users { users, .. } => users.len() / USERS_PER_ACTION,
            _ => 0,
        }
    }

    /// What it counts as.
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

/// Which of the users in a channel, in the order of their ids.
#[derive(Debug, Clone)]
pub struct Page {
    /// None: only how many there are.
    pub count_only: bool,
    /// Only those behind this one.
    pub after: Option<UserId>,
    /// At most so many.
    pub limit: usize,
}

/// The receiver of what was looked up.
pub type LookedUp<T> = oneshot::Sender<Result<T, Refusal>>;

/// From the node, for an operator: look something up in the broker.
#[derive(Message)]
#[rtype(result = "()")]
pub enum Lookup {
    /// The nodes whose lease is valid.
    Nodes(LookedUp<Vec<LiveNode>>),
    /// What a log holds.
    Stream {
        /// Which.
        stream: Address,
        /// The answer.
        answer: LookedUp<StreamStatus>,
    },
    /// How far devices of a user have come, in the order they are named.
    Cursors {
        /// The user.
        user: UserId,
        /// Which.
        devices: Vec<DeviceId>,
        /// The answer.
        answer: LookedUp<Vec<Vec<(Address, Position)>>>,
    },
    /// How many users are in channels, and where their logs stand, in the order they are named.
    Occupancy {
        /// Which.
        channels: Vec<Address>,
        /// The answer.
        answer: LookedUp<Vec<(usize, Position)>>,
    },
    /// One publication as it is stored; `None` where the log does not hold it.
    Publication {
        /// Its stream.
        stream: Address,
        /// Its position.
        pos: Position,
        /// The answer.
        answer: LookedUp<Option<Bytes>>,
    },
    /// What the broker does not meet of what is configured.
    Advice(LookedUp<Vec<String>>),
}

impl Lookup {
    /// Says why nothing was looked up.
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
