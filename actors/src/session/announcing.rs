//! Announces each session that joins or leaves a channel, if configured: some protocols announce connections, not
//! users.
//!
//! The announcement is not logged, and includes the session's state. Only the session itself makes it: nobody announces
//! that the sessions of a dead node have left.

use super::Session;
use crate::mail;
use crate::words::answer::Answer;
use crate::words::bridge::PublishEphemeral;
use crate::words::presence::DirectEphemeral;
use hubwire_protocol::cluster::{Envelope, CAME, GONE};
use hubwire_protocol::{Address, MemberState, UserId};
use tokio::sync::oneshot;

impl Session {
    /// The session asks to join.
    pub(super) fn announce_when_in(&mut self, channel: &Address, state: Option<&MemberState>) {
        if self.worker.node.settings().announces_sessions(channel) {
            self.announced.expect(channel, state);
        }
    }

    /// Announces an open session in the stream of its user.
    pub(super) fn announce_open(&mut self, user: &UserId) {
        let own = Address::User(user.clone());
        self.announce_when_in(&own, None);
        self.announce_came(&own);
    }

    /// The session has joined.
    pub(super) fn announce_came(&mut self, channel: &Address) {
        if let Some(state) = self.announced.came(channel) {
            self.announce(channel, CAME, state.as_ref());
        }
    }

    /// The session has left, or was not admitted.
    pub(super) fn announce_gone(&mut self, channel: &Address) {
        if let Some(state) = self.announced.gone(channel) {
            self.announce(channel, GONE, state.as_ref());
        }
    }

    fn announce(&self, channel: &Address, kind: &str, state: Option<&MemberState>) {
        let Some(identity) = self.credentials.identity() else { return };
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
        // nobody waits for the outcome, and it is not counted: the join was
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
