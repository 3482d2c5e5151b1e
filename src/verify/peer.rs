//! One user's socket in a scenario: sends requests, publishes, and waits for the actions that it should receive.

use crate::bench::Target;
use hubwire_client::connection::{Connection, Request};
use hubwire_protocol::Codec;
use serde_json::{json, Value};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::timeout;

/// An open, welcomed session.
pub struct Peer {
    connection: Connection,
    /// The user.
    pub user: String,
    /// The label of its node.
    pub node: String,
    asked: u32,
    wait: Duration,
    /// Actions that arrived while the scenario waited for another one.
    inbox: VecDeque<Value>,
}

impl Peer {
    /// Opens the session of the user with this index; sessions use the URLs in turn.
    pub async fn open(target: &Target, turn: usize, index: usize) -> Result<Peer, String> {
        let request = target.request(turn, index).map_err(|error| error.to_string())?;
        let headers = request.headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let request = Request { url: request.url, headers, trust: target.trust.clone() };
        let url = target.urls[turn % target.urls.len()].to_string();
        let opening = timeout(target.timeout, Connection::open(&request, Codec::Json)).await;
        let connection = match opening {
            Ok(Ok(connection)) => connection,
            Ok(Err(error)) => return Err(format!("{url}: {error}")),
            Err(_) => return Err(format!("{url}: no connection")),
        };
        let (user, node, inbox) = (String::new(), String::new(), VecDeque::new());
        let mut peer = Peer { connection, user, node, asked: 0, wait: target.timeout, inbox };
        let welcome = peer.next("a welcome", |action| action["type"] == "@@hub/welcome").await?;
        let text = |key: &str| welcome["payload"][key].as_str().unwrap_or_default().to_owned();
        (peer.user, peer.node) = (text("user"), text("node"));
        Ok(peer)
    }

    /// Sends an action unchanged.
    pub async fn send(&mut self, action: &Value) -> Result<(), String> {
        self.connection.outgoing.send(&action.to_string()).await.map_err(|error| format!("{}: {error}", self.user))
    }

    /// Sends a control action. Returns the payload of its answer.
    pub async fn ask(&mut self, kind: &str, to: Option<&str>, payload: Value) -> Result<Value, String> {
        self.asked += 1;
        let id = format!("{kind}-{}", self.asked);
        let mut hub = json!({ "id": id });
        if let Some(to) = to {
            hub["to"] = json!(to);
        }
        self.send(&json!({ "type": kind, "payload": payload, "meta": { "hub": hub } })).await?;
        let answer = self.next(kind, |action| action["meta"]["hub"]["re"] == id.as_str()).await?;
        match answer["type"] == "@@hub/error" {
            true => Err(format!("{kind} is refused: {}", answer["payload"]["message"])),
            false => Ok(answer["payload"].clone()),
        }
    }

    /// Publishes with an id. Returns the payload of the ack.
    pub async fn publish(&mut self, to: &str, payload: Value) -> Result<Value, String> {
        self.ask("verify/said", Some(to), payload).await
    }

    /// Joins a channel. Returns the top of its stream.
    pub async fn join(&mut self, channel: &str) -> Result<Value, String> {
        Ok(self.ask("@@hub/join", Some(channel), json!({})).await?["pos"].clone())
    }

    /// The next matching action; others are kept for later.
    pub async fn next(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value, String> {
        if let Some(at) = self.inbox.iter().position(&wanted) {
            return Ok(self.inbox.remove(at).unwrap_or_default());
        }
        let wait = self.wait;
        let waiting = timeout(wait, async {
            loop {
                let action = self.receive().await?;
                if wanted(&action) {
                    return Ok(action);
                }
                self.inbox.push_back(action);
            }
        });
        waiting.await.unwrap_or_else(|_| Err(format!("{what} did not arrive within {} ms", wait.as_millis())))
    }

    /// The next action.
    pub async fn receive(&mut self) -> Result<Value, String> {
        let text = self.connection.incoming.next().await.map_err(|error| format!("{}: {error}", self.user))?;
        serde_json::from_str(&text).map_err(|error| format!("{}: no JSON: {error}", self.user))
    }

    /// The `n` of all publications to an address, until one has `end`.
    pub async fn numbers_until_end(&mut self, to: &str) -> Result<Vec<u64>, String> {
        let mut numbers = Vec::new();
        loop {
            let said = self.next("a publication", |it| is_said(it, to)).await?;
            match said["payload"]["n"].as_u64() {
                Some(n) => numbers.push(n),
                None => return Ok(numbers),
            }
        }
    }
}

/// Whether an action is a publication of a scenario to an address.
pub fn is_said(action: &Value, to: &str) -> bool {
    action["type"] == "verify/said" && action["meta"]["hub"]["to"] == to
}

/// Compares what arrived with what should have arrived.
pub fn all_in_order(came: &[u64], count: u64) -> Result<(), String> {
    let expected: Vec<u64> = (0..count).collect();
    match came == expected {
        true => Ok(()),
        false => {
            let missing: Vec<&u64> = expected.iter().filter(|n| !came.contains(n)).collect();
            Err(format!("{} of {count} arrived, missing {missing:?}, in this order: {came:?}", came.len()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_doubled_or_out_of_order_is_seen() {
        assert!(all_in_order(&[0, 1, 2], 3).is_ok());
        for came in [&[0, 1][..], &[0, 1, 1, 2], &[0, 2, 1]] {
            assert!(all_in_order(came, 3).is_err(), "{came:?}");
        }
        assert!(all_in_order(&[0, 2], 3).unwrap_err().contains("missing [1]"));
    }
}
