//! The scenario that drains a node: a client reads on it while another client publishes, and resumes on another node.

use super::peer::{all_in_order, is_said, Peer};
use super::Play;
use crate::bench::Target;
use serde_json::{json, Value};
use std::cell::Cell;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// How many connections to try until one is on the node to be drained.
const TRIES: usize = 50;
/// The pause between two publications, and between two attempts to reconnect.
const PAUSE: Duration = Duration::from_millis(20);
/// Publications after the reader has returned.
const AFTER: u64 = 20;

/// Drains a node.
pub struct Drainer {
    /// Its label.
    pub label: String,
    /// Requests the drain; the error is a message.
    pub ask: Box<dyn FnOnce() -> Result<(), String> + Send>,
}

pub async fn play(target: &Target, drainer: Drainer) -> Play {
    let mut reader = on_node(target, 1, |node| node == drainer.label).await?;
    let mut sender = on_node(target, 0, |node| node != drainer.label).await?;
    let channel = target.channel(5);
    let pos = reader.join(&channel).await?;
    let label = drainer.label;
    let asked = tokio::task::spawn_blocking(drainer.ask).await.map_err(|error| error.to_string())?;
    asked.map_err(|error| format!("the node cannot be drained: {error}"))?;
    let is_back = Cell::new(false);
    let said = say_until_back(&mut sender, &channel, &is_back);
    let heard = hear_all(target, reader, &channel, pos, &is_back);
    let (said, heard) = tokio::join!(said, heard);
    let (heard, node) = heard?;
    let said = said?;
    all_in_order(&heard, said)?;
    Ok(format!("{said} while the reader moved from {label} to {node}"))
}

/// A session of a user on a suitable node.
async fn on_node(target: &Target, index: usize, wanted: impl Fn(&str) -> bool) -> Result<Peer, String> {
    for turn in 0..TRIES {
        let peer = Peer::open(target, turn, index).await?;
        if wanted(&peer.node) {
            return Ok(peer);
        }
    }
    Err("the URLs do not lead to the nodes that this check needs: one to the node to be drained, one to another"
        .to_owned())
}

/// Publishes, each after the ack of the previous one, until the reader is back, and then some more. Returns the number.
async fn say_until_back(sender: &mut Peer, channel: &str, is_back: &Cell<bool>) -> Result<u64, String> {
    let (mut n, mut after) = (0, 0);
    while after < AFTER {
        sender.publish(channel, json!({ "n": n })).await?;
        n += 1;
        after += u64::from(is_back.get());
        sleep(PAUSE).await;
    }
    sender.publish(channel, json!({})).await?;
    Ok(n)
}

/// Reads until the node closes the socket, resumes on another node at the last position, and reads to the end. Returns
/// the numbers it saw, and the other node.
async fn hear_all(
    target: &Target,
    mut reader: Peer,
    channel: &str,
    mut pos: Value,
    is_back: &Cell<bool>,
) -> Result<(Vec<u64>, String), String> {
    let mut heard = Vec::new();
    // wait for the end of this socket
    while let Ok(action) = reader.receive().await {
        if is_said(&action, channel) {
            heard.extend(action["payload"]["n"].as_u64());
            pos = action["meta"]["hub"]["pos"].clone();
        }
    }
    let coming_back = async {
        for turn in 0.. {
            if let Ok(peer) = Peer::open(target, turn, 1).await {
                return peer;
            }
            sleep(PAUSE).await;
        }
        unreachable!("the loop ends only by returning")
    };
    let back = timeout(target.timeout, coming_back).await;
    let mut reader = back.map_err(|_| "the reader found no node to go to".to_owned())?;
    let positions = json!({ "positions": { channel: pos } });
    reader.send(&json!({ "type": "@@hub/resume", "payload": positions })).await?;
    is_back.set(true);
    heard.extend(reader.numbers_until_end(channel).await?);
    Ok((heard, reader.node.clone()))
}
