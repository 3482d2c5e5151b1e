//! The denylist: users and addresses that are blocked and tokens that are revoked, for a time.

use super::reply::Reply;
use crate::words::network::Network;
use hubwire_protocol::UserId;
use std::time::Duration;

/// Denials that a cluster keeps at once; one more is not taken.
pub const DENIALS_MAX: usize = 10_000;

/// Subject of a block.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A user, whatever the credentials.
    User(UserId),
    /// Every client that connects from there.
    Address(Network),
    /// The token of this id (`jti`).
    Token(String),
    /// Every token of a user that was issued before the instant its denial names.
    TokensOf(UserId),
}

impl Subject {
    /// Of two denials the later date and the later end count:
    /// else a second one would let tokens in that the first revoked.
    pub(crate) fn only_grows(&self) -> bool {
        matches!(self, Subject::TokensOf(_))
    }
}

/// One entry of the denylist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The subject of the block.
    pub subject: Subject,
    /// For [`Subject::TokensOf`]: tokens issued before this are denied, Unix seconds. 0 otherwise.
    pub issued_before: u64,
    /// Why, for operators.
    pub reason: String,
    /// For how long from now.
    pub left: Duration,
}

/// The whole denylist.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Denials {
    /// Grows with each change; 0 when there never was one, or the broker lost its data.
    pub version: u64,
    /// What has not expired.
    pub denials: Vec<Denial>,
    /// What was ended before its time, until then.
    pub ended: Vec<Subject>,
}

/// What becomes of a denial whose subject is denied already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfKnown {
    /// It takes the place of the former one; of [`Subject::TokensOf`] the later date and the later end stay.
    Replace,
    /// The former one stays, also one that was ended: a node gives back what its broker has lost.
    Keep,
}

/// The denylist of the cluster. [`Leases::live`](super::Leases::live) tells its version,
/// so that nodes need not ask for it.
pub trait Denylist {
    /// Denies. `false`: there are [`DENIALS_MAX`] others, and nothing was done.
    fn deny(&self, denial: Denial, if_known: IfKnown) -> Reply<bool>;

    /// Ends a denial before its time. `false`: there was none.
    fn allow(&self, subject: Subject) -> Reply<bool>;

    /// All denials that have not expired.
    fn denials(&self) -> Reply<Denials>;
}
