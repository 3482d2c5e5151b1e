//! Telling a channel of each session that comes and goes, where the node is set up so: for clients whose protocol knows
//! connections, not users.
//!
//! It is told in no log, with what the session shows of itself, and by the session alone: that of a node that died is
//! not told.

use super::announced::Announcement;
use super::Session;
use crate::mail;
use crate::words::answer::Answer;
use crate::words::bridge::PublishEphemeral;
use crate::words::presence::DirectEphemeral;
use hubwire_protocol::cluster::{Envelope, CAME, GONE};
use hubwire_protocol::{Address, MemberState, UserId};
use tokio::sync::oneshot;

impl Session {
    /// The session asks to be let in.
    pub(super) fn announce_when_in(&mut self, channel: &Address, state: Option<&MemberState>) {
        if self.worker.node.settings().announces_sessions(channel) {
            let announced = self.announced.get_or_insert_default();
            let announcement = announced.entry(channel.clone());
            let announcement = announcement.or_insert(Announcement { state: None, is_told: false });
            announcement.state = state.cloned().or_else(|| announcement.state.take());
        }
    }

    /// The session is open, and so in the stream of its user.
    pub(super) fn announce_open(&mut self, user: &UserId) {
        let own = Address::User(user.clone());
        self.announce_when_in(&own, None);
        self.announce_came(&own);
    }

    /// The session is in.
    pub(super) fn announce_came(&mut self, channel: &Address) {
        let announcement = self.announced.as_mut().and_then(|announced| announced.get_mut(channel));
        let Some(announcement) = announcement.filter(|announcement| !announcement.is_told) else { return };
        announcement.is_told = true;
        let state = announcement.state.clone();
        self.announce(channel, CAME, state.as_ref());
    }

    /// The session leaves, or was not let in.
    pub(super) fn announce_gone(&mut self, channel: &Address) {
        let Some(announced) = &mut self.announced else { return };
        let Some(Announcement { state, is_told }) = announced.remove(channel) else { return };
        if announced.is_empty() {
            self.announced = None;
        }
        if is_told {
            self.announce(channel, GONE, state.as_ref());
        }
    }

    fn announce(&self, channel: &Address, kind: &str, state: Option<&MemberState>) {
        let Some(identity) = &self.identity else { return };
        let envelope = Envelope {
            to: &channel.to_string(),
            from: Some(identity.user.as_str()),
            session: Some(self.id),
            id: None,
            ts: self.worker.node.environment().unix_ms(),
            kind,
            payload: None,
            error: None,
            meta: state.map(MemberState::as_str),
            narrowed: None,
        };
        let envelope = envelope.encode().into();
        // nobody waits for the outcome, and nobody pays: it comes with a join, which was counted
        let answer = Answer::Api(oneshot::channel().0);
        let node = &self.worker.node;
        let is_told = match channel {
            Address::User(_) => {
                let direct = DirectEphemeral { to: channel.clone(), envelope, within: None, payer: None, answer };
                mail::tell(node.presence(), direct).is_ok()
            }
            topic => {
                let publish = PublishEphemeral { topic: topic.clone(), envelope, payer: None, answer };
                mail::tell(node.bridge(), publish).is_ok()
            }
        };
        if !is_told {
            log::debug!("the node is busy: a session is not announced session={} channel={channel}", self.id);
        }
    }
}
