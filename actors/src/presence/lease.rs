//! What follows from each answer to a renewal of the node's lease. The renewals themselves are the [`Keeper`]'s.

use super::Presence;
use crate::backend::Lease;
use crate::lease::Keeper;
use crate::mail;
use crate::words::bridge::Recheck;
use crate::words::delivery::CloseMember;
use crate::words::presence::{Release, Renewed};
use actix::prelude::*;
use hubwire_protocol::CloseCode;
use std::time::Duration;
use tokio::time::Instant;

/// The live set is asked for this often.
const REFRESH: Duration = Duration::from_secs(1);

impl Presence {
    pub(super) fn start_lease(&mut self, ctx: &mut Context<Self>) {
        let (core, presence) = (&self.core, ctx.address());
        let tell = move |answer, had_ended| mail::insist(&presence, Renewed { answer, had_ended });
        let keeper =
            Keeper::start(&core.backend, core.settings.lease, core.lease.clone(), Box::new(tell), core.vital.clone());
        self.keeper = Some(keeper);
        ctx.run_interval(REFRESH, |presence, ctx| {
            presence.core.lease.beat();
            presence.refresh_live(ctx);
        });
    }

    pub(super) fn renewed(&mut self, message: Renewed, ctx: &mut Context<Self>) {
        match message.answer {
            Ok(lease @ (Lease::Extended | Lease::Frozen | Lease::Doubtful | Lease::Created)) => {
                self.core.metrics.lease_held.set(1);
                // while nobody can renew, nobody is dead for not having done so
                self.healthy_since = match lease {
                    Lease::Frozen => None,
                    _ => self.healthy_since.or_else(|| Some(Instant::now())),
                };
                if matches!(lease, Lease::Doubtful | Lease::Created) {
                    self.labelled = false;
                }
                if !self.labelled {
                    self.say_label(ctx);
                }
                if !self.core.knows_nodes() {
                    self.refresh_live(ctx);
                }
                if let (true, Some(bridge)) = (message.had_ended, &self.bridge) {
                    // nothing was delivered past the deadline: every stream may be behind
                    mail::insist(bridge, Recheck);
                }
                let was_unanswered = std::mem::take(&mut self.unanswered);
                match (std::mem::replace(&mut self.entered, true), lease) {
                    (true, Lease::Doubtful | Lease::Created) => self.reenter(ctx),
                    (true, _) if was_unanswered => self.look_for_loss(ctx),
                    _ => {}
                }
            }
            Ok(Lease::Reaped) => self.was_reaped(),
            Err(error) => {
                self.healthy_since = None;
                self.unanswered = true;
                if let Some(times) = self.unrenewed.due() {
                    log::warn!("cannot renew the lease of this node times={times} error={error}");
                }
            }
        }
    }

    /// Says what people call this node; said again after the next renewal when that failed.
    fn say_label(&mut self, ctx: &mut Context<Self>) {
        let said = self.core.backend.set_label(self.core.settings.node.clone());
        ctx.spawn(said.into_actor(self).map(|said, presence, _| match said {
            Ok(()) => presence.labelled = true,
            Err(error) => log::debug!("cannot say the label of this node error={error}"),
        }));
    }

    /// A renewal without an answer may have met a broker that had lost its data, and only its own answer would have said so:
    /// the next one finds the lease it made. Whether the directory still has one of the sessions tells.
    fn look_for_loss(&mut self, ctx: &mut Context<Self>) {
        let locals = self.users.iter().flat_map(|(user, local)| local.sessions.iter().map(move |it| (user, it)));
        let Some((user, session)) =
            locals.filter(|(_, it)| it.attached).map(|(user, it)| (user.clone(), it.member.session)).next()
        else {
            return;
        };
        let entries = self.core.backend.sessions(user);
        ctx.spawn(entries.into_actor(self).map(move |entries, presence, ctx| match entries {
            Ok(entries) => {
                let is_lost = !entries.iter().any(|entry| entry.session == session);
                // one that ended meanwhile tells nothing
                match (is_lost, presence.sessions.contains_key(&session)) {
                    (true, true) => presence.reenter(ctx),
                    (true, false) => presence.look_for_loss(ctx),
                    (false, _) => {}
                }
            }
            Err(_) => presence.unanswered = true, // asked again after the next renewal
        }));
    }

    /// The cluster took this node for dead and removed its sessions: their clients come back and resume. Its incarnation is
    /// fenced for good, so the process has to end; whoever supervises it starts a new one.
    fn was_reaped(&mut self) {
        log::error!("the cluster removed this node after its lease expired, closing its sessions so that they resume");
        for local in self.users.values().flat_map(|local| &local.sessions) {
            let close = CloseMember { key: local.member.key, code: CloseCode::Draining };
            mail::insist(&local.member.delivery, close);
        }
        self.fenced.notify_one();
    }

    pub(super) fn refresh_live(&mut self, ctx: &mut Context<Self>) {
        let live = self.core.backend.live();
        ctx.spawn(live.into_actor(self).map(|live, presence, ctx| match live {
            Ok(live) => presence.looked(live, ctx),
            Err(error) => log::debug!("cannot refresh the live nodes error={error}"), // the last known ones stay
        }));
    }

    pub(super) fn release(&mut self, message: Release, ctx: &mut Context<Self>) {
        self.keeper = None; // a renewal after this would take the lease again
        let released = self.core.backend.release_lease();
        ctx.spawn(released.into_actor(self).map(move |result, _, _| {
            if let Err(error) = result {
                log::warn!("cannot give back the lease of this node, it expires by itself error={error}");
            }
            let _ = message.answer.send(()); // a caller that went away needs none
        }));
    }
}
