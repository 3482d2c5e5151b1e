//! `hubwire verify`: checks from outside that a running cluster keeps its promises.
//!
//! The sockets are those of the client library, on a WebSocket implementation that shares no code with the node's. Each
//! promise is a small scenario between a few users that are made up for the run; the verdict is what they saw.

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

/// Runs the scenarios one after the other and reports each verdict. With a `drainer` a node is drained at the end.
pub async fn run(target: &Target, drainer: Option<Drainer>, mut tell: impl FnMut(&Verdict)) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    let mut add = |verdict: Verdict| {
        tell(&verdict);
        verdicts.push(verdict);
    };
    add(judge("a direct message reaches every session of its user, once", promises::direct(target)).await);
    add(judge("a message waits for who is away", promises::inbox(target)).await);
    add(judge("the same id is stored once", promises::idempotency(target)).await);
    add(judge("a channel keeps its order", promises::order(target)).await);
    add(judge("after a cut nothing is missing and nothing comes twice", promises::resume(target)).await);
    add(judge("an event of the organisation reaches its members on every node", promises::organisation(target)).await);
    add(judge("who comes and goes is told to who is there", promises::presence(target)).await);
    if let Some(drainer) = drainer {
        add(judge("a drained node hands over without a loss", drain::play(target, drainer)).await);
    }
    verdicts
}
