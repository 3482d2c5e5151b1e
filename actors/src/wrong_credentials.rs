//! Counts wrong credentials by the client's address: API keys, tokens and tickets that are none of this node's.
//!
//! An address that tries more of them within a minute than allowed is told to wait. Valid credentials are accepted all
//! the same, from that address, too: many clients share one behind a proxy or a NAT, and nobody may lock them out by
//! guessing. So only the answer to further wrong ones changes, and no more of them are listed one by one.

use crate::words::network::Network;
use crate::words::outcome::Refusal;
use core::net::IpAddr;
use hubwire_protocol::ErrorCode;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;
use tokio::time::Instant;

/// The time over which they are counted, from an address's first one on.
const WINDOW: Duration = Duration::from_secs(60);
/// Addresses that are counted by themselves; further ones count together.
pub(crate) const ADDRESSES_MAX: usize = 4096;
/// Least interval between two searches for addresses whose window is over.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// The answer to wrong credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// The usual one.
    Within,
    /// The address tried too many.
    Beyond {
        /// How long until it may try again.
        wait: Duration,
        /// Whether it is the first one beyond the limit, which is worth a line in the audit trail.
        is_first: bool,
    },
}

impl Attempt {
    /// The refusal of an address that tried too many: `rate_limited`, with the time to wait.
    pub fn refusal(&self) -> Option<Refusal> {
        let Attempt::Beyond { wait, .. } = self else { return None };
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
        let message = format!(
            "too many wrong credentials came from this address, and these are wrong, too; try again in {} s",
            wait_ms.div_ceil(1000)
        );
        Some(Refusal { retry_after_ms: Some(wait_ms), ..Refusal::new(ErrorCode::RateLimited, message) })
    }

    /// What the audit trail says about it besides `reason`; `None`: it is not listed.
    pub fn listed(&self, reason: &str) -> Option<String> {
        match self {
            Attempt::Within => Some(reason.to_owned()),
            Attempt::Beyond { is_first: true, .. } => {
                Some(format!("{reason}; the address tried too many, and the next ones of this minute are only counted"))
            }
            Attempt::Beyond { is_first: false, .. } => None,
        }
    }
}

/// The counts of a node; see the module. Shared by its threads.
#[derive(Debug, Default)]
pub struct WrongCredentials(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    by_network: HashMap<Network, Window>,
    /// Of the addresses for which there is no room.
    others: Option<Window>,
    swept: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    since: Instant,
    count: u32,
}

impl Window {
    fn add(&mut self, now: Instant, max: u32) -> Attempt {
        if now >= self.since + WINDOW {
            *self = Window { since: now, count: 0 };
        }
        self.count = self.count.saturating_add(1);
        match self.count > max {
            true => {
                let wait = (self.since + WINDOW).saturating_duration_since(now);
                Attempt::Beyond { wait, is_first: self.count == max.saturating_add(1) }
            }
            false => Attempt::Within,
        }
    }
}

impl WrongCredentials {
    /// Counts one for a client. `max`: how many an address may try within a minute; 0: any number.
    pub fn add(&self, address: IpAddr, max: u32) -> Attempt {
        if max == 0 {
            return Attempt::Within;
        }
        let (network, now) = (Network::of_client(address), Instant::now());
        let mut counts = self.counts();
        if !counts.by_network.contains_key(&network) && counts.by_network.len() >= ADDRESSES_MAX {
            counts.sweep(now);
        }
        let empty = Window { since: now, count: 0 };
        let has_room = counts.by_network.len() < ADDRESSES_MAX || counts.by_network.contains_key(&network);
        let window = match has_room {
            true => counts.by_network.entry(network).or_insert(empty),
            false => counts.others.get_or_insert(empty),
        };
        window.add(now, max)
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // each change is whole, even if a thread panicked while it held the lock
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Counts {
    fn sweep(&mut self, now: Instant) {
        if self.swept.is_none_or(|swept| now >= swept + SWEEP_EVERY) {
            self.swept = Some(now);
            self.by_network.retain(|_, window| now < window.since + WINDOW);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn wait(attempt: Attempt) -> Option<(Duration, bool)> {
        match attempt {
            Attempt::Within => None,
            Attempt::Beyond { wait, is_first } => Some((wait, is_first)),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_tries_too_many_waits_until_its_minute_is_over_and_no_other_does() {
        let wrong = WrongCredentials::default();
        let (guesser, other) = (address("192.0.2.1"), address("192.0.2.2"));
        assert!((0..3).all(|_| wrong.add(guesser, 3) == Attempt::Within));
        tokio::time::advance(Duration::from_secs(20)).await;
        let rest = Duration::from_secs(40);
        assert_eq!(wait(wrong.add(guesser, 3)), Some((rest, true)));
        assert_eq!(wait(wrong.add(guesser, 3)), Some((rest, false)), "one line for all of them");
        assert_eq!(wrong.add(other, 3), Attempt::Within);
        tokio::time::advance(rest).await;
        assert!((0..3).all(|_| wrong.add(guesser, 3) == Attempt::Within));
        assert_eq!(wait(wrong.add(guesser, 3)), Some((WINDOW, true)), "the next burst has its line again");
    }

    #[tokio::test(start_paused = true)]
    async fn a_network_of_ipv6_counts_as_one_address() {
        let wrong = WrongCredentials::default();
        for n in 0..3_u16 {
            assert_eq!(wrong.add(address(&format!("2001:db8::{n:x}")), 3), Attempt::Within);
        }
        assert!(wait(wrong.add(address("2001:db8:0:0:ffff::1"), 3)).is_some());
        assert_eq!(wrong.add(address("2001:db8:0:1::1"), 3), Attempt::Within);
        assert!((0..3).all(|_| wrong.add(address("192.0.2.1"), 3) == Attempt::Within));
        assert!(wait(wrong.add(address("::ffff:192.0.2.1"), 3)).is_some(), "the same address in another form");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_remembered_is_bounded_and_makes_room_for_who_comes_later() {
        let wrong = WrongCredentials::default();
        for n in 0..100_000_u32 {
            wrong.add(IpAddr::from(n.to_be_bytes()), 3);
        }
        assert_eq!(wrong.counts().by_network.len(), ADDRESSES_MAX);
        assert!(wait(wrong.add(address("192.0.2.1"), 3)).is_some(), "those without a place count together");
        assert_eq!(wrong.add(IpAddr::from(7_u32.to_be_bytes()), 3), Attempt::Within, "one with a place by itself");
        tokio::time::advance(WINDOW).await;
        assert_eq!(wrong.add(address("192.0.2.1"), 3), Attempt::Within);
        assert_eq!(wrong.counts().by_network.len(), 1);
    }

    #[test]
    fn zero_limits_nobody() {
        let wrong = WrongCredentials::default();
        assert!((0..1000).all(|_| wrong.add(address("192.0.2.1"), 0) == Attempt::Within));
        assert!(wrong.counts().by_network.is_empty());
    }
}
