//! What follows from each answer to a renewal of the node's lease. The renewals themselves are the [`Keeper`]'s.

use super::{Cluster, Keeper};
use crate::backend::Lease;
use crate::complaint::Complaint;
use crate::mail;
use crate::words::bridge::Recheck;
use crate::words::cluster::{Release, Renewed};
use crate::words::presence::{Fenced, LookForLoss, Reenter};
use actix::prelude::*;
use std::time::Duration;

/// The live set is asked for this often.
const REFRESH: Duration = Duration::from_secs(1);

/// What is known of the renewals so far.
#[derive(Default)]
pub(super) struct Renewals {
    /// Whether this node ever had a lease.
    entered: bool,
    /// The last one had no answer, so nobody knows what it met.
    unanswered: bool,
    /// Whether the broker has the label of this node.
    labelled: bool,
    /// That the lease cannot be renewed.
    failing: Complaint,
}

/// What a renewal says of the broker's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loss {
    /// All is there.
    No,
    /// A renewal without an answer may have met a broker that had lost its data, and only its own answer would have said so:
    /// the next one finds the lease it made.
    Possible,
    /// The broker had no lease of this node any more, or it cannot vouch for its data.
    Yes,
}

impl Renewals {
    /// The node has its lease. Returns what that says of the broker's data.
    fn answered(&mut self, lease: Lease) -> Loss {
        let was_unanswered = std::mem::take(&mut self.unanswered);
        let entered = std::mem::replace(&mut self.entered, true);
        let is_new = matches!(lease, Lease::Doubtful | Lease::Created);
        self.labelled &= !is_new;
        match entered {
            true if is_new => Loss::Yes,
            true if was_unanswered => Loss::Possible,
            _ => Loss::No,
        }
    }
}

impl Cluster {
    pub(super) fn start_lease(&mut self, ctx: &mut Context<Self>) {
        let (core, cluster) = (&self.core, ctx.address());
        let tell = move |answer, had_ended| mail::insist(&cluster, Renewed { answer, had_ended });
        let keeper =
            Keeper::start(&core.backend, core.settings.lease, core.lease.clone(), Box::new(tell), core.vital.clone());
        self.keeper = Some(keeper);
        ctx.run_interval(REFRESH, |cluster, ctx| {
            cluster.core.lease.beat();
            cluster.refresh_live(ctx);
        });
    }

    pub(super) fn renewed(&mut self, message: Renewed, ctx: &mut Context<Self>) {
        match message.answer {
            Ok(Lease::Reaped) => {
                log::error!(
                    "the cluster removed this node after its lease expired, closing its sessions so that they resume"
                );
                mail::insist(&self.presence, Fenced);
            }
            Ok(lease) => self.holds(lease, message.had_ended, ctx),
            Err(error) => {
                self.reaper.rest();
                self.renewals.unanswered = true;
                if let Some(times) = self.renewals.failing.due() {
                    log::warn!("cannot renew the lease of this node times={times} error={error}");
                }
            }
        }
    }

    fn holds(&mut self, lease: Lease, had_ended: bool, ctx: &mut Context<Self>) {
        self.core.metrics.lease_held.set(1);
        match lease {
            // while nobody can renew, nobody is dead for not having done so
            Lease::Frozen => self.reaper.rest(),
            _ => self.reaper.may_work(),
        }
        let loss = self.renewals.answered(lease);
        if !self.renewals.labelled {
            self.say_label(ctx);
        }
        if !self.core.knows_nodes() {
            self.refresh_live(ctx);
        }
        if had_ended {
            // nothing was delivered past the deadline: every stream may be behind
            mail::insist(&self.bridge, Recheck);
        }
        match loss {
            Loss::Yes => mail::insist(&self.presence, Reenter),
            Loss::Possible => mail::insist(&self.presence, LookForLoss),
            Loss::No => {}
        }
    }

    /// Says what people call this node; said again after the next renewal when that failed.
    fn say_label(&mut self, ctx: &mut Context<Self>) {
        let said = self.core.backend.set_label(self.core.settings.node.clone());
        ctx.spawn(said.into_actor(self).map(|said, cluster, _| match said {
            Ok(()) => cluster.renewals.labelled = true,
            Err(error) => log::debug!("cannot say the label of this node error={error}"),
        }));
    }

    pub(super) fn refresh_live(&mut self, ctx: &mut Context<Self>) {
        let live = self.core.backend.live();
        ctx.spawn(live.into_actor(self).map(|live, cluster, ctx| match live {
            Ok(live) => cluster.looked(live, ctx),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_may_be_lost_only_where_a_lease_was_and_is_new_or_went_unanswered() {
        let mut renewals = Renewals::default();
        assert_eq!(renewals.answered(Lease::Created), Loss::No, "the first one");
        assert_eq!(renewals.answered(Lease::Extended), Loss::No);
        assert_eq!(renewals.answered(Lease::Created), Loss::Yes);
        renewals.unanswered = true;
        assert_eq!(renewals.answered(Lease::Extended), Loss::Possible);
        assert_eq!(renewals.answered(Lease::Extended), Loss::No, "asked once");
        renewals.unanswered = true;
        assert_eq!(renewals.answered(Lease::Doubtful), Loss::Yes);
    }
}
