//! The node's copy of the cluster's denylist. The core thread keeps it, the workers check credentials against it.
//!
//! There is no notification of a change that could be lost: the version comes with the live nodes, which every node
//! reads once a second anyway. Open sessions are checked twice: when they begin, and by the worker whenever the list
//! changes.

use crate::audit::AuditKind;
use crate::backend::{Denial, DenialSubject, Denials};
use crate::identity::Identity;
use crate::words::network::Network;
use crate::words::outcome::Refusal;
use core::net::IpAddr;
use hubwire_protocol::{CloseCode, Dismissal, ErrorCode};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// A denial that ends this soon may have ended already by the broker's clock.
const ENDING: Duration = Duration::from_secs(2);

/// The list as loaded last.
#[derive(Debug, Default)]
pub struct DenylistSnapshot {
    version: u64,
    entries: BTreeMap<DenialSubject, Listed>,
    /// The prefix lengths of blocked networks, by family: there are few, however many networks are blocked.
    prefixes: BTreeSet<(bool, u8)>,
}

#[derive(Debug)]
struct Listed {
    issued_before: u64,
    reason: String,
    until: Instant,
}

/// Why an identity may not have a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// Its user is blocked.
    Blocked,
    /// The client's address is blocked.
    BlockedAddress,
    /// Its token is revoked.
    Revoked,
}

impl Denied {
    /// The event in the audit trail for a session that ends because of it.
    pub fn kind(self) -> AuditKind {
        match self {
            Denied::Blocked | Denied::BlockedAddress => AuditKind::SessionBlocked,
            Denied::Revoked => AuditKind::SessionRevoked,
        }
    }

    /// The refusal for the client.
    pub fn refusal(self) -> Refusal {
        match self {
            Denied::Blocked => Refusal::new(ErrorCode::Forbidden, "the user is blocked"),
            Denied::BlockedAddress => Refusal::new(ErrorCode::Forbidden, "this address is blocked"),
            Denied::Revoked => Refusal::new(ErrorCode::TokenRevoked, ErrorCode::TokenRevoked.doc()),
        }
    }

    /// Code and reason of the close.
    pub fn close(self) -> (CloseCode, &'static str) {
        match self {
            Denied::Blocked | Denied::BlockedAddress => (CloseCode::Forbidden, "blocked"),
            Denied::Revoked => (CloseCode::Unauthenticated, Dismissal::Revoked.reason()),
        }
    }
}

impl DenylistSnapshot {
    fn new(loaded: Denials, now: Instant) -> Self {
        let entry = |denial: Denial| {
            let Denial { subject, issued_before, reason, left } = denial;
            (subject, Listed { issued_before, reason, until: now + left })
        };
        let mut list = DenylistSnapshot { version: loaded.version, ..DenylistSnapshot::default() };
        list.extend(loaded.denials.into_iter().map(entry));
        list
    }

    fn extend(&mut self, entries: impl IntoIterator<Item = (DenialSubject, Listed)>) {
        for (subject, entry) in entries {
            if let DenialSubject::Address(network) = &subject {
                self.prefixes.insert((network.is_ipv4(), network.prefix()));
            }
            self.entries.insert(subject, entry);
        }
    }

    /// Why no session may be opened from an address; `None`: it is not blocked.
    pub fn judge_address(&self, address: IpAddr) -> Option<Denied> {
        let (address, now) = (address.to_canonical(), Instant::now());
        let networks = self.prefixes.iter().filter(|(is_ipv4, _)| *is_ipv4 == address.is_ipv4());
        let mut blocked = networks.map(|(_, prefix)| DenialSubject::Address(Network::around(address, *prefix)));
        let is_blocked = blocked.any(|subject| self.entries.get(&subject).is_some_and(|entry| entry.until > now));
        is_blocked.then_some(Denied::BlockedAddress)
    }

    /// Why an identity may not have a session; `None`: it may.
    pub fn judge(&self, identity: &Identity) -> Option<Denied> {
        if self.entries.is_empty() {
            return None;
        }
        let now = Instant::now();
        let entry = |subject: DenialSubject| self.entries.get(&subject).filter(|entry| entry.until > now);
        if entry(DenialSubject::User(identity.user.clone())).is_some() {
            return Some(Denied::Blocked);
        }
        let aged = entry(DenialSubject::TokensOf(identity.user.clone()));
        let is_revoked = |token: Option<&str>, issued_at: Option<u64>| {
            // a token without time of issue may be arbitrarily old
            token.is_some_and(|token| entry(DenialSubject::Token(token.to_owned())).is_some())
                || aged.is_some_and(|entry| issued_at.unwrap_or(0) < entry.issued_before)
        };
        let own = is_revoked(identity.token.as_deref(), identity.issued_at);
        let mut granted = identity.address_grants.iter();
        (own || granted.any(|it| is_revoked(it.token.as_deref(), it.issued_at))).then_some(Denied::Revoked)
    }

    /// The denials that have not expired.
    pub(crate) fn denials(&self) -> Vec<Denial> {
        let now = Instant::now();
        let left = |entry: &Listed| entry.until.checked_duration_since(now).filter(|left| *left > Duration::ZERO);
        let denial = |(subject, entry): (&DenialSubject, &Listed)| {
            let (subject, reason) = (subject.clone(), entry.reason.clone());
            Some(Denial { subject, issued_before: entry.issued_before, reason, left: left(entry)? })
        };
        self.entries.iter().filter_map(denial).collect()
    }
}

/// The list, shared by the threads of a node.
#[derive(Debug, Default)]
pub struct LocalDenylist(watch::Sender<Arc<DenylistSnapshot>>);

impl LocalDenylist {
    /// The present list.
    pub fn current(&self) -> Arc<DenylistSnapshot> {
        self.0.borrow().clone()
    }

    /// Notifies of each change.
    pub(crate) fn changes(&self) -> watch::Receiver<Arc<DenylistSnapshot>> {
        self.0.subscribe()
    }

    /// The version of the present list.
    pub(crate) fn version(&self) -> u64 {
        self.0.borrow().version
    }

    /// Takes over the broker's list. Returns the denials that only this node knows and that nobody ended: the broker
    /// lost data, or was replaced by a replica. They stay in force here, and have to be restored. The version does not
    /// show it, because another node may have restored its own denials before.
    #[must_use]
    pub(crate) fn loaded(&self, loaded: Denials) -> Vec<Denial> {
        let former = self.current();
        let mut lost = former.denials();
        lost.retain(|denial| !loaded.ended.contains(&denial.subject) && denial.left > ENDING);
        let mut list = DenylistSnapshot::new(loaded, Instant::now());
        lost.retain(|denial| !list.entries.contains_key(&denial.subject));
        let kept = Denials { denials: lost.clone(), ..Denials::default() };
        list.extend(DenylistSnapshot::new(kept, Instant::now()).entries);
        self.0.send_replace(Arc::new(list));
        lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hubwire_protocol::UserId;

    fn identity(user: &str, issued_at: Option<u64>, token: Option<&str>) -> Identity {
        let (user, token) = (user.parse().unwrap(), token.map(Box::from));
        Identity { issued_at, token, ..Identity::of(user) }
    }

    fn denial(subject: DenialSubject, issued_before: u64, seconds: u64) -> Denial {
        Denial { subject, issued_before, reason: String::new(), left: Duration::from_secs(seconds) }
    }

    fn user(name: &str) -> UserId {
        name.parse().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_denies_users_tokens_and_all_older_tokens_for_their_time() {
        let denylist = LocalDenylist::default();
        let denials = vec![
            denial(DenialSubject::User(user("blocked")), 0, 10),
            denial(DenialSubject::Token("t7".into()), 0, 20),
            denial(DenialSubject::TokensOf(user("ada")), 1000, 30),
        ];
        assert!(denylist.loaded(Denials { version: 5, denials, ..Denials::default() }).is_empty());
        let judge = |name, issued_at, token| denylist.current().judge(&identity(name, issued_at, token));
        assert_eq!(judge("blocked", Some(5000), None), Some(Denied::Blocked));
        assert_eq!(judge("bob", None, Some("t7")), Some(Denied::Revoked));
        assert_eq!(judge("bob", None, Some("t8")), None);
        assert_eq!(judge("ada", Some(999), None), Some(Denied::Revoked));
        assert_eq!(judge("ada", None, None), Some(Denied::Revoked), "may be as old as any");
        assert_eq!(judge("ada", Some(1000), None), None);
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(judge("blocked", None, None), None);
        assert_eq!(judge("bob", None, Some("t7")), Some(Denied::Revoked));
        assert_eq!(denylist.current().denials().len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn addresses_are_denied_by_any_network_they_lie_in_for_its_time() {
        let denylist = LocalDenylist::default();
        let blocked = |network: &str, seconds| denial(DenialSubject::Address(network.parse().unwrap()), 0, seconds);
        let denials = vec![blocked("192.0.2.7", 10), blocked("10.1.0.0/16", 20), blocked("2001:db8::/48", 20)];
        assert!(denylist.loaded(Denials { version: 5, denials, ..Denials::default() }).is_empty());
        let judge = |address: &str| denylist.current().judge_address(address.parse().unwrap());
        for address in ["192.0.2.7", "::ffff:192.0.2.7", "10.1.255.1", "2001:db8:0:7::1"] {
            assert_eq!(judge(address), Some(Denied::BlockedAddress), "{address}");
        }
        for address in ["192.0.2.8", "10.2.0.1", "2001:db8:1::1", "::1"] {
            assert_eq!(judge(address), None, "{address}");
        }
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!((judge("192.0.2.7"), judge("10.1.0.1")), (None, Some(Denied::BlockedAddress)));
        // the broker lost its data: a denial that only this node has is found by its network, too
        assert_eq!(denylist.loaded(Denials::default()).len(), 2);
        assert_eq!(judge("10.1.0.1"), Some(Denied::BlockedAddress));
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_broker_lost_stays_in_force_and_is_given_back_and_what_was_ended_is_not() {
        let denylist = LocalDenylist::default();
        let (one, two) =
            (denial(DenialSubject::User(user("one")), 0, 10), denial(DenialSubject::User(user("two")), 0, 10));
        let three = denial(DenialSubject::User(user("three")), 0, 10);
        let of = |version, denials: &[&Denial], ended: &[&Denial]| {
            let ended = ended.iter().map(|denial| denial.subject.clone()).collect();
            Denials { version, denials: denials.iter().copied().cloned().collect(), ended }
        };
        assert!(denylist.loaded(of(5, &[&one, &two, &three], &[])).is_empty());
        assert!(denylist.loaded(of(6, &[&two, &three], &[&one])).is_empty(), "one was ended");
        assert_eq!(denylist.loaded(of(0, &[], &[])), [three.clone(), two.clone()], "the broker lost its data");
        assert_eq!(denylist.current().judge(&identity("two", None, None)), Some(Denied::Blocked));
        assert_eq!(denylist.version(), 0);
        // another node was faster, and did not know all denials
        assert_eq!(denylist.loaded(of(9, &[&two], &[])), [three]);
        tokio::time::advance(Duration::from_secs(9)).await;
        assert!(denylist.loaded(of(10, &[], &[])).is_empty(), "it ends by itself");
    }
}
