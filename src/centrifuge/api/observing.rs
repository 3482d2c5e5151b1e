//! `presence`, `presence_stats`, `channels` and `info`.

use super::caller::{address, Caller};
use super::failure::{result, Outcome};
use super::pattern::Pattern;
use crate::operator::ask::{self, Answered};
use crate::operator::Question;
use hubwire_actors::words::outcome::Occupant;
use hubwire_actors::words::status::ChannelFilter;
use hubwire_protocol::centrifuge::{present, stats, Channels};
use hubwire_protocol::event::Presence;
use hubwire_protocol::Address;
use serde::Deserialize;
use serde_json::{json, Map, Value};
use std::collections::BTreeMap;

/// Channels per question to the nodes.
const PAGE: usize = 1000;
/// Most channels of one answer; further ones are left out.
const CHANNELS_MAX: usize = 100_000;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct OfChannel {
    channel: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Listing {
    pattern: String,
}

/// Members of a channel, by connection.
pub(super) async fn presence(caller: &Caller<'_>, OfChannel { channel }: OfChannel) -> Outcome {
    let members = caller.node.members(address(&channel)?).await?;
    result(&BTreeMap::from([("presence", present(&shown(&members)))]))
}

/// The number of connections and users in a channel.
pub(super) async fn presence_stats(caller: &Caller<'_>, OfChannel { channel }: OfChannel) -> Outcome {
    let members = caller.node.members(address(&channel)?).await?;
    result(&stats(&shown(&members)))
}

fn shown(members: &[Occupant]) -> Presence<'_> {
    Presence { users: members.iter().map(Occupant::shown).collect(), ..Presence::default() }
}

/// The channels with members, on all nodes, filtered by a pattern of their names.
pub(super) async fn channels(caller: &Caller<'_>, Listing { pattern }: Listing) -> Outcome {
    let (pattern, table) = (Pattern::new(&pattern), Channels::installed());
    let (mut found, mut after) = (Map::new(), None);
    loop {
        let filter = ChannelFilter { org: None, prefix: String::new(), after, limit: PAGE };
        let answered: Vec<Answered<Vec<(Address, usize)>>> = ask::all(caller.node, &Question::Channels(filter)).await?;
        let mut page: BTreeMap<Address, usize> = BTreeMap::new();
        for (channel, sessions) in answered.into_iter().flat_map(|it| it.answer.unwrap_or_default()) {
            *page.entry(channel).or_default() += sessions;
        }
        // after the last of these a node may have left some out
        let page: Vec<(Address, usize)> = page.into_iter().take(PAGE).collect();
        for (channel, sessions) in &page {
            if let Some(name) = table.name(channel).filter(|name| pattern.takes(name)) {
                found.insert(name, json!({ "num_clients": sessions }));
            }
        }
        after = page.last().map(|(channel, _)| channel.clone());
        if page.len() < PAGE || found.len() >= CHANNELS_MAX {
            if page.len() == PAGE {
                log::warn!("POST /api/channels leaves out what is beyond {CHANNELS_MAX} channels: ask by a pattern");
            }
            return result(&json!({ "channels": found }));
        }
    }
}

/// The nodes. For one that does not answer within a second there is only the name.
pub(super) async fn info(caller: &Caller<'_>) -> Outcome {
    let answered: Vec<Answered<Value>> = ask::all(caller.node, &Question::Node).await?;
    let nodes: Vec<Value> = answered.into_iter().map(shown_node).collect();
    result(&json!({ "nodes": nodes }))
}

fn shown_node(answered: Answered<Value>) -> Value {
    let mut node = json!({ "uid": answered.node.incarnation.to_string(), "name": answered.name() });
    if let Some(row) = answered.answer {
        let number = |name: &str| row[name].as_u64().unwrap_or_default();
        node["version"] = row["version"].clone();
        node["num_clients"] = row["sessions"].clone();
        node["num_users"] = row["users"].clone();
        node["num_channels"] = row["channels"].clone();
        node["uptime"] = json!(number("now_ms").saturating_sub(number("up_since_ms")) / 1000);
    }
    node
}
