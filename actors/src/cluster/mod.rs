//! The cluster as one node takes part in it: one actor per node. It keeps the node's lease, knows who lives and who is
//! denied, removes what dead nodes left, announces who left the channels, and does for the server API what concerns
//! sessions on any node.
//!
//! While the lease is valid the cluster routes to this node, and the node delivers and accepts. Nothing that a client
//! causes may delay a renewal, so it is no actor's work: a task of its own renews (`Keeper`), on a thread of its own
//! where the broker is far away, and leaves in [`Validity`](validity::Validity) until when. The actor hears of each
//! answer and does what follows from it.

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

use crate::apart::Done;
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

/// See the module.
pub struct Cluster {
    core: Rc<Core>,
    presence: Arc<dyn PresencePort>,
    bridge: Arc<dyn BridgePort>,
    /// Renews the lease; `None` once it was given back.
    keeper: Option<Keeper>,
    renewals: Renewals,
    /// What other nodes have otherwise than this one.
    differences: Vec<(Incarnation, terms::Difference)>,
}

impl Cluster {
    /// The part of a node whose other actors are `presence` and `bridge`.
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
        ctx.run_interval(probe::EVERY, |cluster, ctx| probe::probe(&ctx.address(), "cluster", &cluster.core.metrics));
    }
}

impl Handler<Done<Cluster>> for Cluster {
    type Result = ();
    fn handle(&mut self, message: Done<Cluster>, ctx: &mut Self::Context) {
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
