//! Direct messages that are for one session of the receiver, or for all but one.

use super::direct::Sent;
use super::Presence;
use crate::apart;
use crate::backend::{DirectAppended, DirectoryEntry};
use actix::prelude::*;
use bytes::Bytes;
use hubwire_protocol::cluster::Envelope;
use hubwire_protocol::{Narrowed, Selected, SessionId};

/// Whom a selection leaves of a user's sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Picked {
    All,
    One,
    AllButOne,
}

impl Picked {
    /// How many of so many sessions.
    pub(super) fn of(self, sessions: usize) -> usize {
        match self {
            Picked::All => sessions,
            Picked::One => sessions.min(1),
            Picked::AllButOne => sessions.saturating_sub(1),
        }
    }

    /// On how many of so many nodes, at most.
    pub(super) fn nodes(self, nodes: usize) -> usize {
        match self {
            Picked::One => nodes.min(1),
            Picked::All | Picked::AllButOne => nodes,
        }
    }
}

/// The envelope as nodes are told of it when the session that was looked for is known, and whom that leaves.
pub(super) fn selected(envelope: &Bytes, latest: SessionId) -> (Bytes, Picked) {
    let unchanged = (envelope.clone(), Picked::All);
    // made by this node: it can be read
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

impl Presence {
    /// Looks first which session is selected, if one is. It is stored by then, so the order is that of the sender; who
    /// reads it from the log gets it like any other.
    pub(super) fn look_and_route(&mut self, sent: Sent, appended: DirectAppended, ctx: &mut Context<Self>) {
        if !sent.selects || appended.receiver.appended.duplicate {
            return self.route(sent, &appended, None, ctx);
        }
        let sessions = self.core.backend.sessions(sent.to.clone());
        apart::wait(ctx.address(), sessions, move |sessions, presence: &mut Presence, ctx| {
            let latest = sessions.map(|sessions| presence.latest(&sessions)).unwrap_or_else(|error| {
                log::debug!("cannot look for one session, all are told error={error}");
                None
            });
            presence.route(sent, &appended, latest, ctx);
        });
    }

    /// The live session that connected last.
    pub(super) fn latest(&self, sessions: &[DirectoryEntry]) -> Option<SessionId> {
        let live = sessions.iter().filter(|entry| self.core.is_live(entry.session.incarnation()));
        live.max_by_key(|entry| (entry.since_ms, entry.session)).map(|entry| entry.session)
    }
}
