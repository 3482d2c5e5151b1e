//! The cluster from the view of one node: one actor per node. It keeps the node's lease, knows the live nodes and the
//! denylist, removes entries of dead nodes, announces users that left, and carries out commands of the server API on
//! sessions of any node.
//!
//! While the lease is valid, the cluster routes to this node, and the node delivers and accepts. Nothing that a client
//! causes may delay a renewal, so no actor makes it: a task of its own renews (`Keeper`), on its own thread if the
//! broker is remote, and records the deadline in [`Validity`](validity::Validity). The actor receives each answer and
//! acts on it.

mod denials;
mod keeper;
mod lease;
mod leaving;
pub(crate) mod node_channel;
mod reaper;
mod renewals;
mod seal;
mod sessions;
mod terms;
pub mod validity;

use crate::apart::TaskDone;
use crate::context::Context;
use crate::core::Core;
use crate::handlers::handlers;
use crate::mail;
use crate::probe::{self, probed};
use crate::words::bridge::BridgePort;
use crate::words::cluster::*;
use crate::words::presence::PresencePort;
use actix::prelude::*;
use hubwire_protocol::Incarnation;
use keeper::Keeper;
use renewals::Renewals;
use std::rc::Rc;
use std::sync::Arc;

/// The cluster actor; see the module.
pub struct Cluster {
    core: Rc<Core>,
    presence: Arc<dyn PresencePort>,
    bridge: Arc<dyn BridgePort>,
    /// Renews the lease; `None` once it was released.
    keeper: Option<Keeper>,
    renewals: Renewals,
    /// Differences between other nodes and this one.
    differences: Vec<(Incarnation, terms::Difference)>,
}

impl Cluster {
    /// The cluster actor of a node with the other actors `presence` and `bridge`.
    pub fn new(core: Rc<Core>, presence: Arc<dyn PresencePort>, bridge: Arc<dyn BridgePort>) -> Self {
        Cluster { core, presence, bridge, keeper: None, renewals: Renewals::default(), differences: Vec::new() }
    }
}

impl Actor for Cluster {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(mail::CORE_MAILBOX);
        self.start_lease(ctx);
        self.start_reaper(ctx);
        self.start_telling_left(ctx);
        ctx.run_interval(probe::EVERY, |cluster, ctx| {
            probe::probe(&ctx.shared_address(), "cluster", &cluster.core.metrics)
        });
    }
}

impl Handler<TaskDone<Cluster>> for Cluster {
    type Result = ();
    fn handle(&mut self, message: TaskDone<Cluster>, ctx: &mut Self::Context) {
        message.run(self, ctx);
    }
}

handlers! {
    Cluster;
    Renewed => renewed;
    Release => release;
    Deny => deny;
    Allow => allow;
    ListDenials => list_denials;
    ListSessions => list_sessions;
    DisconnectUser => disconnect_user;
    DisconnectSession => disconnect_session;
    PlaceUser => place_user;
    EmptyChannel => empty_channel;
    AskToDrain => ask_to_drain;
    TellNode => tell_node;
}

probed!(Cluster);
