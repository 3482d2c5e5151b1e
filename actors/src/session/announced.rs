//! In which channels a session is announced, and how far that has come.

use hubwire_protocol::{Address, MemberState};
use std::collections::BTreeMap;

/// The channels of a session in which it is announced.
pub(super) type Announced = BTreeMap<Address, Announcement>;

/// How far that has come in one of them.
pub(super) struct Announcement {
    /// What the session shows of itself there.
    pub state: Option<MemberState>,
    /// The session's arrival was announced in the channel.
    pub is_told: bool,
}
