//! A page of the channels of the whole cluster that somebody is in, for operators and for clients.

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

/// Questions of clients that are put to all nodes at once; others wait their turn.
const AT_ONCE: usize = 4;
/// Longest wait for a turn; then a question is refused.
const TURN_MAX: Duration = Duration::from_secs(2);

/// A channel that somebody is in.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LiveChannel {
    /// Which.
    pub channel: Address,
    /// How many users are in it.
    pub users: usize,
    /// How many sessions, on the nodes that answered.
    pub sessions: usize,
    /// Where its log stands.
    pub top: Position,
}

/// A page of the channels that somebody is in, in order.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChannelsPage {
    /// At most as many as asked for.
    pub channels: Vec<LiveChannel>,
    /// Whether there are more behind the last one.
    pub more: bool,
    /// The nodes that did not answer: channels with members only there are missing.
    pub silent: Vec<String>,
}

/// Asks all nodes, and the broker how many users are in what they know.
pub async fn page(inspect: &dyn Inspect, filter: ChannelFilter) -> Result<ChannelsPage, Refusal> {
    let limit = filter.limit;
    // one more than are shown: whether there are more
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
    /// Of this node, which reaches all others.
    pub fn of(node: &Node) -> Self {
        ForClients { node: node.clone(), turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl LiveChannels for ForClients {
    fn list(&self, asked: ChannelsAsked) {
        let ChannelsAsked { filter, asker } = asked;
        let (node, turns) = (self.node.clone(), self.turns.clone());
        // as many as sessions have in flight, which is bounded
        actix_rt::spawn(async move { asker.give(found(&node, &turns, filter).await) });
    }
}

async fn found(node: &Node, turns: &Semaphore, filter: ChannelFilter) -> Result<Found, Refusal> {
    let turn = tokio::time::timeout(TURN_MAX, turns.acquire()).await;
    let Ok(Ok(_turn)) = turn else {
        return Err(Refusal::new(ErrorCode::Overloaded, "many ask for channels; nothing was done, try again"));
    };
    let ChannelsPage { channels, more, .. } = page(node, filter).await?;
    // whoever left since its node was asked is not counted any more
    let occupied = channels.into_iter().filter(|it| it.users > 0);
    Ok(Found::Channels { channels: occupied.map(|it| (it.channel, it.users)).collect(), more })
}
