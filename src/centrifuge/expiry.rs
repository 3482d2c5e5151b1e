//! The expiry of a connection's subscriptions, by their tokens.

use hubwire_protocol::centrifuge::EXPIRY_GRACE_S;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{sleep_until, Instant, Sleep};

/// The expiries of one connection; see the module. Empty for most connections, and then without a timer.
#[derive(Default)]
pub(super) struct Expiries {
    ends: Vec<(Box<str>, Instant)>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Expiries {
    /// Sets the expiry of a subscription in seconds, or none. A subscription outlives its token for as long as its
    /// client needs to get a new one.
    pub fn set(&mut self, channel: &str, seconds: Option<u32>) {
        self.set_after(channel, seconds.map(|seconds| Duration::from_secs(u64::from(seconds) + EXPIRY_GRACE_S)));
    }

    /// Sets the expiry after a time, or none.
    pub fn set_after(&mut self, channel: &str, lifetime: Option<Duration>) {
        self.forget(channel);
        // a time too far in the future for the clock is no expiry
        let end = lifetime.and_then(|lifetime| Instant::now().checked_add(lifetime));
        self.ends.extend(end.map(|end| (channel.into(), end)));
        self.timer = self.next().map(|at| Box::pin(sleep_until(at)));
    }

    /// Sets the expiry of a new token, if the subscription has one already.
    pub fn renew(&mut self, channel: &str, seconds: Option<u32>) {
        if self.ends.iter().any(|(of, _)| **of == *channel) {
            self.set(channel, seconds);
        }
    }

    /// Removes a subscription that ended.
    pub fn forget(&mut self, channel: &str) {
        self.ends.retain(|(of, _)| **of != *channel);
    }

    fn next(&self) -> Option<Instant> {
        self.ends.iter().map(|(_, at)| *at).min()
    }

    /// The next channel whose subscription has expired.
    pub fn poll_ended(&mut self, cx: &mut Context<'_>) -> Poll<Box<str>> {
        loop {
            let Some(timer) = &mut self.timer else { return Poll::Pending };
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            let now = Instant::now();
            let ended = self.ends.iter().position(|(_, at)| *at <= now).map(|at| self.ends.swap_remove(at).0);
            self.timer = self.next().map(|at| Box::pin(sleep_until(at)));
            if let Some(channel) = ended {
                return Poll::Ready(channel);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_subscription_ends_some_time_after_its_last_token_and_one_that_was_left_does_not() {
        let mut expiries = Expiries::default();
        expiries.set("never", None);
        assert!(expiries.next().is_none() && expiries.timer.is_none());
        for (channel, seconds) in [("renewed", 10), ("renewed", 100), ("later", 60), ("left", 5)] {
            expiries.set(channel, Some(seconds));
        }
        expiries.forget("left");
        let left = expiries.next().unwrap().saturating_duration_since(Instant::now());
        assert_eq!(left.as_secs() + 1, 60 + EXPIRY_GRACE_S, "that of `later`, less what passed since");
    }

    #[tokio::test]
    async fn each_channel_whose_time_has_come_is_told_once() {
        let past = Instant::now();
        let ends = vec![("a".into(), past), ("b".into(), past)];
        let mut expiries = Expiries { ends, timer: Some(Box::pin(sleep_until(past))) };
        let mut told = Vec::new();
        while told.len() < 2 {
            told.push(std::future::poll_fn(|cx| expiries.poll_ended(cx)).await);
        }
        told.sort();
        assert_eq!(told, ["a".into(), "b".into()] as [Box<str>; 2]);
        assert!(expiries.timer.is_none());
    }
}
