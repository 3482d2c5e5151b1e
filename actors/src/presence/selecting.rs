//! Direct messages for one session of the receiver, or for all but one: the session that its user is using.
//!
//! That is the session whose client sent an action last. Its node knows that, so if the sessions are on several nodes,
//! these are asked for each message: the broker stores nothing for it. For a node that does not answer in time, the
//! times at which its sessions connected count.

use super::direct::Sent;
use super::{Presence, Selected as Then};
use crate::apart;
use crate::backend::{DirectAppended, DirectoryEntry};
use crate::context::Context;
use crate::words::last_heard::{LastHeard, TellLastHeard};
use actix::prelude::*;
use bytes::Bytes;
use hubwire_protocol::cluster::{ClusterMessage, Envelope};
use hubwire_protocol::{Narrowed, Selected, SessionId, UserId};
use std::time::Duration;

/// How long to wait for other nodes.
const ANSWERS_WITHIN: Duration = Duration::from_millis(100);
/// The sessions of a user after the selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Picked {
    All,
    One,
    AllButOne,
}

impl Picked {
    /// How many of that many sessions.
    pub(super) fn of(self, sessions: usize) -> usize {
        match self {
            Picked::All => sessions,
            Picked::One => sessions.min(1),
            Picked::AllButOne => sessions.saturating_sub(1),
        }
    }

    /// On how many of that many nodes, at most.
    pub(super) fn nodes(self, nodes: usize) -> usize {
        match self {
            Picked::One => nodes.min(1),
            Picked::All | Picked::AllButOne => nodes,
        }
    }
}

/// The envelope for other nodes once the session is known, and the sessions that remain.
pub(super) fn selected(envelope: &Bytes, latest: SessionId) -> (Bytes, Picked) {
    let unchanged = (envelope.clone(), Picked::All);
    // this node made the envelope, so it can be decoded
    let Ok(decoded) = Envelope::decode(envelope) else { return unchanged };
    let Some(narrowed) = &decoded.narrowed else { return unchanged };
    let (select, picked) = match narrowed.select {
        Selected::One => (Selected::Only(latest), Picked::One),
        Selected::Others => (Selected::Not(latest), Picked::AllButOne),
        _ => return unchanged,
    };
    let narrowed = Some(Narrowed { except: narrowed.except.clone(), select });
    (Envelope { narrowed, ..decoded.clone() }.encode().into(), picked)
}

/// Whether one session has to be selected.
pub(super) fn looks_for_one(envelope: &Bytes) -> bool {
    let decoded = Envelope::decode(envelope).ok();
    let narrowed = decoded.and_then(|envelope| envelope.narrowed);
    narrowed.is_some_and(|it| matches!(it.select, Selected::One | Selected::Others))
}

impl Presence {
    /// Selects the session first, if the message is for one. The message is stored by then, so the order is the
    /// sender's; a session that reads the log gets it like any other.
    pub(super) fn look_and_route(&mut self, sent: Sent, appended: DirectAppended, ctx: &mut Context<Self>) {
        if !sent.selects || appended.receiver.appended.duplicate {
            return self.route(sent, &appended, None, ctx);
        }
        let sessions = self.core.backend.sessions(sent.to.clone());
        apart::wait(ctx.shared_address(), sessions, move |sessions, presence: &mut Presence, ctx| {
            let sessions = sessions.unwrap_or_else(|error| {
                log::debug!("cannot select one session, so all receive the message error={error}");
                Vec::new()
            });
            let user = sent.to.clone();
            let then = Box::new(move |presence: &mut Presence, latest, ctx: &mut Context<Self>| {
                presence.route(sent, &appended, latest, ctx);
            });
            presence.find_latest(&user, &sessions, then, ctx);
        });
    }

    /// Finds the live session among these whose client was active last, and continues with it.
    pub(super) fn find_latest(
        &mut self,
        user: &UserId,
        sessions: &[DirectoryEntry],
        then: Then,
        ctx: &mut Context<Self>,
    ) {
        let live = || sessions.iter().filter(|entry| self.core.is_live(entry.session.incarnation()));
        let connected = live().map(|entry| (entry.since_ms, entry.session)).max();
        let (_, mut others) = self.owners(live().map(|entry| entry.session), None);
        others.retain(|node| *node != self.core.incarnation);
        let Some(latest) = connected.max(self.heard_last(user)).filter(|_| connected.is_some()) else {
            return then(self, None, ctx);
        };
        // a single session is always the latest
        if others.is_empty() || live().count() == 1 || self.searches.is_full() {
            return then(self, Some(latest.1), ctx);
        }
        let search = self.searches.begin(latest, others.len(), then);
        let question = ClusterMessage::AskLastHeard { user: user.as_str(), node: self.core.incarnation, search };
        self.send(&others, question.encode().into());
        ctx.run_later(ANSWERS_WITHIN, move |presence, ctx| presence.end_search(search, ctx));
    }

    /// The session of a user on this node whose client was active last, and when.
    fn heard_last(&self, user: &UserId) -> Option<(u64, SessionId)> {
        let sessions = &self.users.get(user)?.sessions;
        sessions.iter().map(|local| (local.member.handle.heard_ms(), local.member.session)).max()
    }

    /// Another node asks for that session.
    pub(super) fn tell_last_heard(&mut self, message: TellLastHeard, _: &mut Context<Self>) {
        let TellLastHeard { user, node, search } = message;
        let latest = self.heard_last(&user);
        self.core.node_channel.tell(node, ClusterMessage::LastHeard { search, latest }.encode().into());
    }

    /// Another node has answered.
    pub(super) fn last_heard(&mut self, message: LastHeard, ctx: &mut Context<Self>) {
        if self.searches.answered(message.search, message.latest) {
            self.end_search(message.search, ctx);
        }
    }

    fn end_search(&mut self, search: u64, ctx: &mut Context<Self>) {
        if let Some((latest, then)) = self.searches.end(search) {
            then(self, Some(latest), ctx);
        }
    }
}
