//! All that the reader of logs can be told.

use super::answer::Asker;
use super::delivery::DeliveryPort;
use super::ids::{FeedId, MemberKey};
use super::port::port;
use crate::probe::Probe;
use actix::prelude::*;
use hubwire_protocol::{Address, Dialect, Position, UserId};
use std::sync::Arc;

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
    /// Whom to answer.
    pub delivery: Arc<dyn DeliveryPort>,
}

/// From a session or the server API: a question to the broker.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Ask {
    /// What.
    pub question: Question,
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

/// What can be asked.
#[derive(Debug, Clone)]
pub enum Question {
    /// Who is in a channel.
    Members {
        /// The channel.
        channel: Address,
        /// Which of them.
        page: Page,
    },
    /// With how many sessions a user is there.
    User(UserId),
    /// Publications of a stream.
    History {
        /// The stream.
        stream: Address,
        /// Where the page begins.
        from: PageStart,
        /// At most so many.
        limit: usize,
    },
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

port! {
    /// The reader of logs.
    LogReaderPort: ReadOn, Ask, Probe
}
