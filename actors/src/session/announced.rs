//! The channels in which the session, not only its user, is announced, and the progress of each announcement.

use hubwire_protocol::{Address, MemberState};
use std::collections::BTreeMap;

/// The channels in which the session is announced; none unless the announcement of sessions is configured.
#[derive(Default)]
pub(super) struct Announced(Option<Box<AnnouncedChannels>>);

/// Behind a pointer, because most sessions have none.
#[derive(Default)]
struct AnnouncedChannels {
    channels: BTreeMap<Address, Announcement>,
}

/// The progress in one of them.
#[derive(Default)]
struct Announcement {
    /// The state of the session there.
    state: Option<MemberState>,
    /// Whether the session's join was announced in the channel.
    is_told: bool,
}

impl Announced {
    /// The session asks to join. If it brings no state, it keeps its present one.
    pub fn expect(&mut self, channel: &Address, state: Option<&MemberState>) {
        let announcement = self.0.get_or_insert_default().channels.entry(channel.clone()).or_default();
        announcement.state = state.cloned().or_else(|| announcement.state.take());
    }

    /// The session has joined. Returns its state if the join has to be announced now.
    pub fn came(&mut self, channel: &Address) -> Option<Option<MemberState>> {
        let announcement = self.0.as_mut()?.channels.get_mut(channel).filter(|announcement| !announcement.is_told)?;
        announcement.is_told = true;
        Some(announcement.state.clone())
    }

    /// The session has left. Returns its state if its join was announced.
    pub fn gone(&mut self, channel: &Address) -> Option<Option<MemberState>> {
        let announced = &mut self.0.as_mut()?.channels;
        let Announcement { state, is_told } = announced.remove(channel)?;
        if announced.is_empty() {
            self.0 = None;
        }
        is_told.then_some(state)
    }
}
