//! `hubwire verify`: checks from outside that a running cluster keeps its promises.
//!
//! The sockets are those of the client library, on a WebSocket implementation that shares no code with the node's. For
//! each promise a few users, generated for the run, play a small scenario; the verdict depends on what they received.

mod drain;
mod peer;
mod promises;

use crate::bench::Target;
use serde::Serialize;
use std::future::Future;

pub use drain::Drainer;

/// The verdict on one promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The promise.
    pub promise: &'static str,
    /// Whether it was kept.
    pub kept: bool,
    /// The observation.
    pub seen: String,
}

/// The observation, or why the promise does not hold or could not be checked.
type Play = Result<String, String>;

async fn judge(promise: &'static str, play: impl Future<Output = Play>) -> Verdict {
    match play.await {
        Ok(seen) => Verdict { promise, kept: true, seen },
        Err(seen) => Verdict { promise, kept: false, seen },
    }
}

/// Runs the scenarios one after another and reports each verdict. With a `drainer`, the last one drains a node.
pub async fn run(target: &Target, drainer: Option<Drainer>, mut tell: impl FnMut(&Verdict)) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    let mut add = |verdict: Verdict| {
        tell(&verdict);
        verdicts.push(verdict);
    };
    add(judge("a direct message reaches every session of its user, once", promises::direct(target)).await);
    add(judge("a message waits for a user who is away", promises::inbox(target)).await);
    add(judge("the same id is stored once", promises::idempotency(target)).await);
    add(judge("a channel keeps its order", promises::order(target)).await);
    add(judge("after a lost connection nothing is missing and nothing arrives twice", promises::resume(target)).await);
    add(judge("an event of the organisation reaches its members on every node", promises::organisation(target)).await);
    add(judge("members of a channel learn who joins and leaves", promises::presence(target)).await);
    if let Some(drainer) = drainer {
        add(judge("a drained node loses nothing", drain::play(target, drainer)).await);
    }
    verdicts
}
