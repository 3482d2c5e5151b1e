//! Scripts that check whether sessions are on live nodes.
//!
//! A server that has both the sessions and the leases uses the leases, and so knows nodes that started a moment ago. In
//! a cluster the leases are on another server, so the call passes the live nodes. If a script finds a node that was not
//! passed, it changes nothing and returns it; then the node looks up its lease and repeats the call. A node takes its
//! lease before it enters anything, so a session of a live node is never taken for dead.

use super::super::*;
use super::command::Command;
use super::{reply, RedisCore};
use ::redis::Value;
use hubwire_protocol::Incarnation;
use std::rc::Rc;

/// How often in a row a call may find nodes that were unknown a moment ago.
const ATTEMPTS: usize = 8;

impl RedisCore {
    /// The keys of a script that judges.
    pub(super) fn with_leases<const N: usize>(&self, keys: [String; N]) -> Vec<String> {
        keys.into_iter().chain((!self.is_cluster()).then(|| self.keys.leases())).collect()
    }

    /// Adds the last arguments of a script that judges.
    pub(super) fn by(&self, call: Command, live: &[Incarnation]) -> Command {
        self.by_both(call, live, &[])
    }

    fn by_both(&self, call: Command, live: &[Incarnation], dead: &[Incarnation]) -> Command {
        if !self.is_cluster() {
            return call;
        }
        let names = |nodes: &[Incarnation]| nodes.iter().map(Incarnation::to_string).collect::<Vec<_>>();
        call.arg(names(live)).arg("").arg(names(dead))
    }

    /// The verdict of a script, given its first answer; `call` repeats the call, and this adds the live nodes.
    pub(super) async fn verdict(
        self: &Rc<Self>,
        mut answer: Value,
        call: impl Fn() -> Command,
    ) -> Result<i64, BackendError> {
        let mut dead: Vec<Incarnation> = Vec::new();
        for _ in 0..ATTEMPTS {
            answer = self.heed(Ok::<_, BackendError>(answer))?;
            if !matches!(answer, Value::Array(_)) {
                return reply::value("verdict", answer);
            }
            let unknown: Vec<Incarnation> = reply::parsed_list("incarnation", answer)?;
            let live = self.live_nodes().await?.nodes;
            dead.extend(unknown);
            dead.retain(|node| !live.contains(node));
            answer = self.query(self.by_both(call(), &live, &dead)).await?;
        }
        Err(BackendError::Unavailable { reason: "nodes start and stop too fast to determine which are alive".into() })
    }
}
