//! The denylist: blocked users and addresses, and revoked tokens, each until it expires.

use super::reply::Reply;
use crate::words::network::Network;
use hubwire_protocol::UserId;
use std::time::Duration;

/// Most denials of a cluster; further ones are refused.
pub const DENIALS_MAX: usize = 10_000;

/// The subject of a denial.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum DenialSubject {
    /// A user, with any credentials.
    User(UserId),
    /// Every client that connects from this network.
    Address(Network),
    /// The token with this id (`jti`).
    Token(String),
    /// Every token of a user that was issued before the time in the denial.
    TokensOf(UserId),
}

impl DenialSubject {
    /// Whether a second denial of the subject can only extend the first: the later date and the later end count.
    /// Otherwise it would let tokens in that the first one revoked.
    pub(crate) fn only_grows(&self) -> bool {
        matches!(self, DenialSubject::TokensOf(_))
    }
}

/// One entry of the denylist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The denied subject.
    pub subject: DenialSubject,
    /// For [`DenialSubject::TokensOf`]: tokens issued before this are denied, Unix seconds. 0 otherwise.
    pub issued_before: u64,
    /// Why, for operators.
    pub reason: String,
    /// The remaining time.
    pub left: Duration,
}

/// The whole denylist.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Denials {
    /// Grows with each change; 0 if there never was one, or the broker lost its data.
    pub version: u64,
    /// Denials that have not expired.
    pub denials: Vec<Denial>,
    /// Subjects whose denial was ended early, until the time of its original end.
    pub ended: Vec<DenialSubject>,
}

/// What to do if the subject is denied already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfKnown {
    /// Replace the former denial; for [`DenialSubject::TokensOf`] the later date and the later end are kept.
    Replace,
    /// Keep the former denial, even one that was ended early: a node restores denials that its broker lost.
    Keep,
}

/// The denylist of the cluster. [`Leases::live`](super::Leases::live) returns its version, so that nodes fetch it only
/// after a change.
pub trait Denylist {
    /// Adds a denial. `false`: there are [`DENIALS_MAX`] others, and nothing changed.
    fn deny(&self, denial: Denial, if_known: IfKnown) -> Reply<bool>;

    /// Ends a denial early. `false`: there was none.
    fn allow(&self, subject: DenialSubject) -> Reply<bool>;

    /// All denials that have not expired.
    fn denials(&self) -> Reply<Denials>;
}
