//! The denylist: changed by the server API, loaded again when its version has changed.

use super::Cluster;
use crate::apart;
use crate::backend::{BackendError, Denial, Denials, IfKnown, Live, DENIALS_MAX};
use crate::context::Context;
use crate::words::cluster::{Allow, Deny, ListDenials};
use crate::words::outcome::Refusal;
use hubwire_protocol::ErrorCode;

impl Cluster {
    /// The broker returned the live nodes. A node that has not loaded the denylist yet accepts no session.
    pub(super) fn looked(&mut self, live: Live, ctx: &mut Context<Self>) {
        if !self.agrees(&live, ctx) {
            return;
        }
        let is_current = live.denylist == self.core.denylist.version();
        if is_current {
            self.core.set_live(live.nodes);
            return;
        }
        let denials = self.core.backend.denials();
        apart::wait(ctx.shared_address(), denials, move |denials, cluster: &mut Cluster, ctx| match denials {
            Ok(denials) => {
                cluster.loaded(denials, ctx);
                cluster.core.set_live(live.nodes);
            }
            Err(error) => {
                log::warn!("cannot load the denylist, trying again error={error}");
                if cluster.core.knows_nodes() {
                    cluster.core.set_live(live.nodes);
                }
            }
        });
    }

    fn loaded(&mut self, denials: Denials, ctx: &mut Context<Self>) {
        for lost in self.core.denylist.loaded(denials) {
            let given_back = self.core.backend.deny(lost, IfKnown::Keep);
            apart::wait(ctx.shared_address(), given_back, |given_back, _: &mut Cluster, _| {
                if let Err(error) = given_back {
                    // this node knows it until it loads the list again
                    log::warn!("cannot restore a denial that the broker lost error={error}");
                }
            });
        }
    }

    pub(super) fn deny(&mut self, message: Deny, ctx: &mut Context<Self>) {
        let Deny { denial, answer } = message;
        let denied = self.core.backend.deny(denial, IfKnown::Replace);
        apart::wait(ctx.shared_address(), denied, move |denied, cluster: &mut Cluster, ctx| {
            cluster.refresh_live(ctx); // this node does not wait for the next interval
            let full = || {
                let message = format!("the denylist holds {DENIALS_MAX} entries; end some, or let them expire");
                Refusal::new(ErrorCode::Overloaded, message)
            };
            let denied = denied.map_err(Refusal::from).and_then(|taken| taken.then_some(()).ok_or_else(full));
            drop(answer.send(denied)); // a caller that went away wants no answer
        });
    }

    pub(super) fn allow(&mut self, message: Allow, ctx: &mut Context<Self>) {
        let Allow { subject, answer } = message;
        let allowed = self.core.backend.allow(subject);
        apart::wait(ctx.shared_address(), allowed, move |allowed, cluster: &mut Cluster, ctx| {
            cluster.refresh_live(ctx);
            drop(answer.send(allowed.map_err(Refusal::from))); // a caller that went away wants no answer
        });
    }

    pub(super) fn list_denials(&mut self, message: ListDenials, ctx: &mut Context<Self>) {
        let denials = self.core.backend.denials();
        apart::wait(
            ctx.shared_address(),
            denials,
            move |denials: Result<Denials, BackendError>, _: &mut Cluster, _| {
                let denials: Result<Vec<Denial>, Refusal> = denials.map(|it| it.denials).map_err(Refusal::from);
                drop(message.answer.send(denials)); // a caller that went away wants no answer
            },
        );
    }
}
