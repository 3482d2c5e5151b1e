//! Hands the sessions of a node over to others, and asks other nodes to drain.

use super::Node;
use crate::mail;
use crate::words::cluster::AskToDrain;
use crate::words::delivery::DrainSome;
use crate::words::wshub::CloseAll;
use hubwire_protocol::{CloseCode, Incarnation};
use std::time::Duration;
use tokio::sync::oneshot;

/// Number of steps per second in which sessions are asked to reconnect.
const STEPS_PER_SECOND: u32 = 10;

/// The number of sessions per step, such that the steps of a second add up exactly to the configured rate.
struct StepSizes {
    per_second: u64,
    steps: u64,
    told: u64,
}

impl StepSizes {
    fn new(per_second: u32) -> Self {
        StepSizes { per_second: per_second.into(), steps: 0, told: 0 }
    }

    /// The share of the next step; 0 in some steps if less than one session per step is due.
    fn next(&mut self) -> usize {
        self.steps += 1;
        let due = (self.per_second * self.steps).div_ceil(STEPS_PER_SECOND.into());
        let share = due - self.told;
        self.told = due;
        share as usize
    }
}

impl Node {
    /// Says goodbye to all sessions at the configured rate, so that they reconnect to other nodes without a storm.
    /// Returns their number. Clients of the WS-HUB endpoint are closed with 1001, all at once.
    pub async fn drain(&self) -> usize {
        let mut share = StepSizes::new(self.settings().drain_rate);
        let mut steps = tokio::time::interval(Duration::from_secs(1) / STEPS_PER_SECOND);
        let mut drained = 0;
        self.close_wshub();
        loop {
            steps.tick().await;
            let due = share.next();
            let mut left = due;
            let deliveries = self.deliveries().clone();
            for delivery in deliveries {
                let (answer, drained) = oneshot::channel();
                mail::insist(&delivery, DrainSome { count: left, answer });
                left -= drained.await.unwrap_or(0).min(left);
            }
            drained += due - left;
            if left > 0 {
                return drained;
            }
        }
    }

    /// Whether no session is left, neither here nor in the broker: all departures have been announced.
    pub fn is_deserted(&self) -> bool {
        self.metrics().channels.get() == 0 && self.metrics().hubs.get() == 0
    }

    /// Says goodbye to all sessions at once, without waiting for a delivery actor: the node is broken, and one of them
    /// may be the broken part.
    pub fn drain_at_once(&self) {
        for delivery in self.deliveries().iter() {
            let (answer, _) = oneshot::channel(); // nobody waits for it
            mail::insist(delivery, DrainSome { count: usize::MAX, answer });
        }
        self.close_wshub();
    }

    fn close_wshub(&self) {
        if let Some(hub) = self.0.wshub.get() {
            let code = CloseCode::GoingAway;
            mail::insist(hub, CloseAll { code: code.code(), reason: code.reason() });
        }
    }

    /// Asks a node, which may be this one, to drain. The request is sent once, by pub/sub: a node that is gone or cut
    /// off does not receive it.
    pub fn ask_to_drain(&self, node: Incarnation) {
        if node == self.incarnation() {
            return self.0.drain_asked.notify_one();
        }
        mail::insist(self.cluster(), AskToDrain { node });
    }

    /// Resolves when this or another node asked this one to drain. For one caller.
    pub async fn drain_asked(&self) {
        self.0.drain_asked.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_second_has_as_many_as_configured() {
        for rate in [1, 7, 10, 15, 500, 999, 1_000_000] {
            let mut share = StepSizes::new(rate);
            for _ in 0..3 {
                let shares: Vec<usize> = (0..STEPS_PER_SECOND).map(|_| share.next()).collect();
                assert_eq!(shares.iter().sum::<usize>(), rate as usize, "{rate}: {shares:?}");
                assert!(shares.iter().max().unwrap() - shares.iter().min().unwrap() <= 1, "{rate}: {shares:?}");
            }
        }
        assert_eq!(StepSizes::new(1).next(), 1, "the first is told at once");
    }
}
