//! All messages to the bridge.

use super::answer::Answer;
use super::budgets::Budgets;
use super::channel::ChannelPort;
use super::delivery::Start;
use super::feed::FeedPort;
use super::hub::HubPort;
use super::member::MemberRef;
use super::outcome::Refusal;
use super::payer::Payer;
use super::port::{port, Port};
use super::wshub::{FromNative, ToNative};
use crate::backend::{Append, Erased, StoredEvent};
use crate::probe::Probe;
use actix::prelude::*;
use bytes::Bytes;
use hubwire_protocol::{Address, OrgId, Position, TeamId, UserId};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::oneshot;

/// Receiver of a topic's publications.
#[derive(Clone)]
pub enum Route {
    /// An organisation's hub (organisation and team streams).
    Hub(Arc<dyn HubPort>),
    /// A channel.
    Channel(Arc<dyn ChannelPort>),
}

impl Route {
    /// Any owner of the topic's feed.
    pub(crate) fn feed(&self) -> &dyn FeedPort {
        match self {
            Route::Hub(hub) => &**hub,
            Route::Channel(channel) => &**channel,
        }
    }
}

/// From a session or the server API: store and notify. Answered with the result of the append.
#[derive(Message)]
#[rtype(result = "()")]
pub struct PublishTopic {
    /// The append.
    pub append: Append,
    /// When the node accepted it, Unix milliseconds.
    pub ts: u64,
    /// The account that pays; `None` for the server.
    pub payer: Option<Payer>,
    /// Receives the outcome.
    pub answer: Answer,
}

/// From a session or the server API: notify only. Answered when the broker has accepted it.
#[derive(Message)]
#[rtype(result = "()")]
pub struct PublishEphemeral {
    /// The topic.
    pub topic: Address,
    /// The encoded envelope.
    pub envelope: Bytes,
    /// The account that pays; `None` for the server.
    pub payer: Option<Payer>,
    /// Receives the outcome.
    pub answer: Answer,
}

/// From a session or the server API: store the snapshot of a channel. Answered when the broker has it.
#[derive(Message)]
#[rtype(result = "()")]
pub struct PutSnapshot {
    /// The channel.
    pub channel: Address,
    /// The last publication that it includes.
    pub pos: Position,
    /// The state, JSON.
    pub payload: Bytes,
    /// The account that pays; `None` for the server.
    pub payer: Option<Payer>,
    /// Receives the outcome.
    pub answer: Answer,
}

/// From the node: it has a WS-HUB endpoint, which receives publications for `ch:wshub/<group>` from now on.
#[derive(Message)]
#[rtype(result = "()")]
pub struct SetWsHub {
    /// The endpoint's hub.
    pub hub: Arc<dyn Port<FromNative>>,
}

/// From a hub: follow a topic. Answered with `TopicFollowed` once the broker has confirmed.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Follow {
    /// The topic.
    pub topic: Address,
    /// Receiver of its messages.
    pub route: Route,
}

/// From a channel, once the broker has a member of it on this node: pass its messages on from now on. They arrive
/// directly until the node has subscribed to the topic. Answered with `TopicFollowed`.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Attend {
    /// The channel.
    pub topic: Address,
    /// Receiver of its messages.
    pub route: Route,
    /// Whether other nodes have members, too: then subscribe to the topic.
    pub company: bool,
}

/// From an attended channel: other nodes have members, too; subscribe to the topic.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Company {
    /// The channel.
    pub topic: Address,
}

/// From a hub or channel that ends: stop following a topic.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Unfollow {
    /// The topic.
    pub topic: Address,
}

/// From a session: enter an organisation. Passed on to its hub, which is started if necessary.
#[derive(Message)]
#[rtype(result = "()")]
pub struct EnterOrg {
    /// The organisation.
    pub org: OrgId,
    /// The member.
    pub member: MemberRef,
    /// Its teams there.
    pub teams: Vec<TeamId>,
    /// The start positions of resumed streams of the organisation and its teams.
    pub resume: BTreeMap<Address, Start>,
}

/// From a session that ends: leave an organisation.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ExitOrg {
    /// The organisation.
    pub org: OrgId,
    /// The member.
    pub member: MemberRef,
    /// Its teams there.
    pub teams: Vec<TeamId>,
}

/// From a hub without sessions: end it, unless a session has entered meanwhile.
#[derive(Message)]
#[rtype(result = "()")]
pub struct HubIdle {
    /// The organisation.
    pub org: OrgId,
    /// How many entries the hub has seen.
    pub entered: u64,
}

/// From the server API: store or take a ticket, or check the broker.
#[derive(Message)]
#[rtype(result = "()")]
pub enum Errand {
    /// Store a ticket.
    PutTicket {
        /// Digest of the ticket.
        digest: String,
        /// Its content.
        content: Bytes,
        /// How long it is valid.
        ttl: std::time::Duration,
        /// The answer.
        answer: oneshot::Sender<Result<(), Refusal>>,
    },
    /// Check whether a ticket exists.
    HasTicket {
        /// Digest of the ticket.
        digest: String,
        /// The answer.
        answer: oneshot::Sender<Result<bool, Refusal>>,
    },
    /// Take a ticket.
    TakeTicket {
        /// Digest of the ticket.
        digest: String,
        /// The answer.
        answer: oneshot::Sender<Result<Option<Bytes>, Refusal>>,
    },
    /// The oldest dead letters of server events, and their number.
    DeadEvents {
        /// At most this many.
        limit: usize,
        /// The answer.
        answer: oneshot::Sender<Result<(Vec<StoredEvent>, usize), Refusal>>,
    },
    /// Deliver the oldest of them again. Answered with the number.
    ReplayEvents {
        /// At most this many.
        limit: usize,
        /// The answer.
        answer: oneshot::Sender<Result<usize, Refusal>>,
    },
    /// Remove publications of a stream up to a position, or all. Answered with the number.
    Purge {
        /// The stream.
        stream: Address,
        /// The last one to remove; absent: all.
        up_to: Option<Position>,
        /// The answer.
        answer: oneshot::Sender<Result<usize, Refusal>>,
    },
    /// Remove the stored data of a user.
    Erase {
        /// The user.
        user: UserId,
        /// The answer.
        answer: oneshot::Sender<Result<Erased, Refusal>>,
    },
    /// Round trip to the broker.
    Ping(oneshot::Sender<Result<(), Refusal>>),
}

/// From presence: the lease is back after it had expired; compare every followed stream with its log.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Recheck;

/// From presence: the broker may have lost data; channels enter their members again.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Relist;

/// From the node: new budgets of users and organisations. What was used stays counted.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct SetBudgets(pub Budgets);

port! {
    /// The bridge.
    BridgePort: EnterOrg, ExitOrg, HubIdle, PublishTopic, PublishEphemeral, PutSnapshot, Follow, Attend, Company,
        Unfollow, Errand, Relist, Recheck, SetBudgets, SetWsHub, ToNative, Probe
}
