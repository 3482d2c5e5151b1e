//! Sends one question to several nodes in parallel and waits for at most a second.

use super::inspect::Inspect;
use super::question::Question;
use bytes::Bytes;
use futures_util::future::join_all;
use hubwire_actors::words::outcome::Refusal;
use hubwire_actors::words::status::LiveNode;
use hubwire_protocol::Incarnation;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// A node that does not answer within this time is silent.
const WAIT: Duration = Duration::from_secs(1);

/// The answer of a node.
pub struct Answered<T> {
    /// The node.
    pub node: LiveNode,
    /// `None`: it was silent, or does not know the question.
    pub answer: Option<T>,
}

impl<T> Answered<T> {
    /// The label of the node, or otherwise its incarnation.
    pub fn name(&self) -> String {
        name(&self.node)
    }
}

/// The label of a node, or otherwise its incarnation.
pub fn name(node: &LiveNode) -> String {
    node.label.clone().unwrap_or_else(|| node.incarnation.to_string())
}

/// Asks every live node. The answers are ordered by the nodes' names, so that the order is stable.
pub async fn all<T: DeserializeOwned>(inspect: &dyn Inspect, question: &Question) -> Result<Vec<Answered<T>>, Refusal> {
    let mut nodes = inspect.nodes().await?;
    nodes.sort_by_cached_key(|node| (node.label.is_none(), name(node)));
    let answers = join_all(nodes.iter().map(|node| one(inspect, node.incarnation, question))).await;
    Ok(nodes.into_iter().zip(answers).map(|(node, answer)| Answered { node, answer }).collect())
}

/// Asks one node.
pub async fn one<T: DeserializeOwned>(inspect: &dyn Inspect, node: Incarnation, question: &Question) -> Option<T> {
    let question = match serde_json::to_vec(question) {
        Ok(question) => Bytes::from(question),
        Err(error) => {
            log::error!("question cannot be printed error={error}");
            return None;
        }
    };
    let answer = inspect.inquire(node, question, WAIT).await?;
    serde_json::from_slice(&answer)
        .map_err(|error| log::debug!("answer of another node not understood node={node} error={error}"))
        .ok()
}
