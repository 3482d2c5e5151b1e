//! Commands of other nodes and of the cluster actor to sessions of this node: close them, add them to channels, remove
//! them.

use super::Presence;
use crate::context::Context;
use crate::mail;
use crate::words;
use crate::words::delivery::CloseMember;
use crate::words::presence::{CloseSession, Fenced, PlaceSession};
use crate::words::status::DescribeSession;
use hubwire_protocol::cluster::ClusterMessage;
use hubwire_protocol::{CloseCode, SessionId};

impl Presence {
    pub(super) fn close_session(&mut self, message: CloseSession, _: &mut Context<Self>) {
        let CloseSession { session, code, own } = message;
        if let Some(member) = self.member(session) {
            mail::insist(&member.delivery, CloseMember { key: member.key, code, own });
        }
    }

    /// A newer session took its place. Nobody waits for the result: a node that receives no messages at the moment
    /// keeps it.
    pub(super) fn close_replaced(&mut self, session: SessionId, ctx: &mut Context<Self>) {
        let (node, code) = (session.incarnation(), CloseCode::Replaced);
        if node == self.core.incarnation {
            // this node may be the one that receives no messages
            return self.close_session(CloseSession { session, code, own: None }, ctx);
        }
        self.core.node_channel.tell(node, ClusterMessage::Close { session, code, said: &[] }.encode().into());
    }

    pub(super) fn place_session(&mut self, message: PlaceSession, _: &mut Context<Self>) {
        let PlaceSession { session, channel, joined } = message;
        if !joined {
            self.note_taken_out(session, &channel);
        }
        if let Some(member) = self.member(session) {
            mail::insist(&member.handle, words::session::PlacedByServer { channel, joined });
        }
    }

    /// Closes the sessions so that the clients reconnect elsewhere and resume. This incarnation is fenced for good, so
    /// the process has to end; its supervisor starts a new one.
    pub(super) fn fenced(&mut self, _: Fenced, _: &mut Context<Self>) {
        for local in self.users.values().flat_map(|local| local.sessions.iter()) {
            let close = CloseMember { key: local.member.key, code: CloseCode::Draining, own: None };
            mail::insist(&local.member.delivery, close);
        }
        self.fenced.notify_one();
    }

    /// The session itself answers.
    pub(super) fn describe_session(&mut self, message: DescribeSession, _: &mut Context<Self>) {
        if let Some(member) = self.member(message.session) {
            let _ = mail::tell(&member.handle, words::session::Describe { answer: message.answer });
            // sessions that have ended, or whose mailbox is full, are not included
        }
    }
}
