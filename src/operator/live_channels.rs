//! A page of the whole cluster's channels with members, for operators and for clients.

use super::ask::{self, Answered};
use super::{Inspect, Question};
use hubwire_actors::live_channels::{ChannelsAsked, LiveChannels};
use hubwire_actors::node::Node;
use hubwire_actors::words::outcome::{Found, Refusal};
use hubwire_actors::words::status::ChannelFilter;
use hubwire_protocol::{Address, ErrorCode, Position};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// How many clients' questions to all nodes run in parallel; others wait for their turn.
const AT_ONCE: usize = 4;
/// Longest wait for a turn; after it a question is refused.
const TURN_MAX: Duration = Duration::from_secs(2);

/// A channel with members.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LiveChannel {
    /// The channel.
    pub channel: Address,
    /// The number of its users.
    pub users: usize,
    /// The number of its sessions, on the nodes that answered.
    pub sessions: usize,
    /// The top of its log.
    pub top: Position,
}

/// A page of channels, in order.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChannelsPage {
    /// At most as many as requested.
    pub channels: Vec<LiveChannel>,
    /// Whether there are more after the last one.
    pub more: bool,
    /// The nodes that did not answer: channels with members only there are missing.
    pub silent: Vec<String>,
}

/// Asks all nodes for their channels, and the broker for the numbers of users.
pub async fn page(inspect: &dyn Inspect, filter: ChannelFilter) -> Result<ChannelsPage, Refusal> {
    let limit = filter.limit;
    // one more than on the page, to know whether there are more
    let question = Question::Channels(ChannelFilter { limit: limit + 1, ..filter });
    let answered: Vec<Answered<Vec<(Address, usize)>>> = ask::all(inspect, &question).await?;
    let silent = answered.iter().filter(|it| it.answer.is_none()).map(Answered::name).collect();
    let mut sessions: BTreeMap<Address, usize> = BTreeMap::new();
    for (channel, here) in answered.into_iter().flat_map(|it| it.answer.unwrap_or_default()) {
        *sessions.entry(channel).or_default() += here;
    }
    let more = sessions.len() > limit;
    let page: Vec<(Address, usize)> = sessions.into_iter().take(limit).collect();
    let names: Vec<Address> = page.iter().map(|(channel, _)| channel.clone()).collect();
    let occupancy = if names.is_empty() { Vec::new() } else { inspect.occupancy(names).await? };
    let channels = page.into_iter().zip(occupancy);
    let channels =
        channels.map(|((channel, sessions), (users, top))| LiveChannel { channel, users, sessions, top }).collect();
    Ok(ChannelsPage { channels, more, silent })
}

/// Answers clients.
pub struct ForClients {
    node: Node,
    turns: Arc<Semaphore>,
}

impl ForClients {
    /// A lister on this node, which asks all nodes.
    pub fn of(node: &Node) -> Self {
        ForClients { node: node.clone(), turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl LiveChannels for ForClients {
    fn list(&self, asked: ChannelsAsked) {
        let ChannelsAsked { filter, asker } = asked;
        let (node, turns) = (self.node.clone(), self.turns.clone());
        // bounded by the actions that sessions may have in flight
        actix_rt::spawn(async move { asker.give(found(&node, &turns, filter).await) });
    }
}

async fn found(node: &Node, turns: &Semaphore, filter: ChannelFilter) -> Result<Found, Refusal> {
    let turn = tokio::time::timeout(TURN_MAX, turns.acquire()).await;
    let Ok(Ok(_turn)) = turn else {
        return Err(Refusal::new(
            ErrorCode::Overloaded,
            "too many requests for lists of channels; nothing was done, try \
                                                        again",
        ));
    };
    let ChannelsPage { channels, more, .. } = page(node, filter).await?;
    // channels whose users have left since their node answered are dropped
    let occupied = channels.into_iter().filter(|it| it.users > 0);
    Ok(Found::Channels { channels: occupied.map(|it| (it.channel, it.users)).collect(), more })
}
