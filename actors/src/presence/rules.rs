//! Passes changed access rules on to the sessions of this node, a few per turn: a node with many sessions goes on
//! routing meanwhile.

use super::Presence;
use crate::context::Context;
use crate::mail;
use crate::words::session::RulesChanged;
use actix::prelude::*;
use hubwire_protocol::SessionId;
use std::time::Duration;

/// Sessions per turn.
const STEP: usize = 64;
/// The pause between two turns, in which other messages are handled.
const PAUSE: Duration = Duration::from_millis(1);

impl Presence {
    /// A session that begins from now on, or joins, is judged by the new rules anyway.
    pub(super) fn rules_changed(&mut self, _: RulesChanged, ctx: &mut Context<Self>) {
        let mut sessions: Vec<SessionId> = self.sessions.keys().copied().collect();
        sessions.sort_unstable(); // simulations are repeatable
        self.pass_rules_on(sessions, ctx);
    }

    fn pass_rules_on(&mut self, mut sessions: Vec<SessionId>, ctx: &mut Context<Self>) {
        for session in sessions.split_off(sessions.len().saturating_sub(STEP)) {
            // one that ended meanwhile needs nothing
            if let Some(member) = self.member(session) {
                mail::insist(&member.handle, RulesChanged);
            }
        }
        if !sessions.is_empty() {
            ctx.run_later(PAUSE, |presence, ctx| presence.pass_rules_on(sessions, ctx));
        }
    }
}
