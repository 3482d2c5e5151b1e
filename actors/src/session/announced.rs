//! The channels in which a session itself is announced, and the progress in each.

use hubwire_protocol::{Address, MemberState};
use std::collections::BTreeMap;

/// The channels in which the session is announced.
pub(super) type Announced = BTreeMap<Address, Announcement>;

/// The progress in one of them.
pub(super) struct Announcement {
    /// The state of the session there.
    pub state: Option<MemberState>,
    /// Whether the session's join was announced in the channel.
    pub is_told: bool,
}
