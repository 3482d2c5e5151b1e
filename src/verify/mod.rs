//! `hubwire verify`: whether a running cluster keeps its promises, seen from outside.
//!
//! The sockets are those of the client library, on a WebSocket implementation that shares no code with the node's. Each
//! promise is a small play between a few users that are made up for the run; what they saw is the verdict.

mod drain;
mod peer;
mod promises;

use crate::bench::Target;
use serde::Serialize;
use std::future::Future;

pub use drain::Drainer;

/// What became of one promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// What is promised.
    pub promise: &'static str,
    /// Whether it was kept.
    pub kept: bool,
    /// What was seen.
    pub seen: String,
}

/// Why a promise does not hold, or what was in the way.
type Play = Result<String, String>;

async fn judge(promise: &'static str, play: impl Future<Output = Play>) -> Verdict {
    match play.await {
        Ok(seen) => Verdict { promise, kept: true, seen },
        Err(seen) => Verdict { promise, kept: false, seen },
    }
}

/// Plays them one after the other and tells each verdict as it is there. With a `drainer` a node is drained at the end.
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
