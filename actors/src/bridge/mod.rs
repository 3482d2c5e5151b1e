//! The bridge: a node's one connection to the cluster's topics and to its own node channel.
//!
//! It subscribes to a topic only while a hub or channel here needs it, passes messages to the owner of the stream, and
//! publishes. It also is the pool of hubs: an organisation's hub starts with the first local session and ends after the
//! last.

mod company;
mod inbound;
mod outbound;
mod snapshots;
mod topics;
mod wshub;

use crate::apart::TaskDone;
use crate::backend::BackendEvent;
use crate::comparison::Comparison;
use crate::complaint::Complaint;
use crate::context::Context;
use crate::core::Core;
use crate::environment::Map;
use crate::handlers::handlers;
use crate::hub::Hub;
use crate::inquiry::Inquiries;
use crate::mail;
use crate::probe::{self, probed};
use crate::trail::{self, Trails};
use crate::words;
use crate::words::bridge::*;
use crate::words::port::Port;
use crate::words::presence::PresencePort;
use crate::words::watchers::WatchersPort;
use crate::words::wshub::FromNative;
use actix::prelude::*;
use company::Near;
use hubwire_protocol::{Address, OrgId};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{ready, Poll};
use std::time::Duration;
use tokio::sync::{mpsc, Notify};

/// Interval of the sweep that compares the top of every followed stream with the log: the backstop for gaps that
/// nothing else has revealed.
const SWEEP: Duration = Duration::from_secs(60);
/// Events of the broker handled in one turn.
const EVENTS_PER_TURN: usize = 256;

/// The bridge of a node; see the module.
pub struct Bridge {
    core: Rc<Core>,
    presence: Arc<dyn PresencePort>,
    watchers: Arc<dyn WatchersPort>,
    events: Option<mpsc::Receiver<BackendEvent>>,
    routes: Map<Address, Route>,
    /// Channels without a subscription to their topic.
    near: Map<Address, Near>,
    hubs: Map<OrgId, PooledHub>,
    /// The bridge's own address, which hubs and channels share.
    addr: Option<Arc<dyn BridgePort>>,
    /// Notified when another node asks this one to drain.
    drain_asked: Arc<Notify>,
    /// Questions of operators, from node to node.
    inquiries: Inquiries,
    /// The WS-HUB endpoint, if this node has one.
    wshub: Option<Arc<dyn Port<FromNative>>>,
    /// Topics with a recent publication of this node.
    trails: Trails<()>,
    /// The comparison of followed streams with their logs.
    comparison: Comparison<Address>,
    /// Log line: the broker does not confirm topics.
    unfollowed: Complaint,
}

/// A hub and the number of sessions sent to it.
struct PooledHub {
    hub: Arc<Addr<Hub>>,
    entered: u64,
}

impl Bridge {
    /// A bridge that takes its events from `events`, notifies `drain_asked` when another node asks this one to drain,
    /// and forwards questions of operators.
    pub fn new(
        core: Rc<Core>,
        (presence, watchers): (Arc<dyn PresencePort>, Arc<dyn WatchersPort>),
        events: mpsc::Receiver<BackendEvent>,
        drain_asked: Arc<Notify>,
        inquiries: Inquiries,
    ) -> Self {
        Bridge {
            presence,
            watchers,
            drain_asked,
            inquiries,
            events: Some(events),
            addr: None,
            routes: core.environment.map(),
            near: core.environment.map(),
            hubs: core.environment.map(),
            wshub: None,
            trails: Trails::new(&core.environment),
            comparison: Comparison::default(),
            unfollowed: Complaint::default(),
            core,
        }
    }

    /// Probes mailboxes of the core thread: the bridge's own, that of presence, and that of one hub or channel.
    fn probe(&self, own: &Addr<Self>) {
        let metrics = &self.core.metrics;
        probe::probe(own, "bridge", metrics);
        probe::probe(&self.presence, "presence", metrics);
        let one = self.core.environment.below((self.routes.len() as u64).max(1)) as usize;
        if let Some(route) = self.routes.values().nth(one) {
            probe::probe(route.feed(), "feed", metrics);
        }
    }

    fn enter_org(&mut self, message: EnterOrg, ctx: &mut Context<Self>) {
        let bridge = self.addr.get_or_insert_with(|| ctx.shared_address());
        let pooled = self.hubs.entry(message.org.clone()).or_insert_with(|| {
            let hub = self.core.vital.start(Hub::new(self.core.clone(), message.org.clone(), bridge.clone()));
            self.core.metrics.hubs.inc();
            PooledHub { hub, entered: 0 }
        });
        pooled.entered += 1;
        let enter = words::hub::EnterHub { member: message.member, teams: message.teams, resume: message.resume };
        mail::insist(&pooled.hub, enter);
    }

    fn exit_org(&mut self, message: ExitOrg) {
        if let Some(pooled) = self.hubs.get(&message.org) {
            mail::insist(&pooled.hub, words::hub::Exit { member: message.member, teams: message.teams });
        }
    }

    fn hub_idle(&mut self, message: HubIdle) {
        // a session entered after the hub reported that it is empty: the hub stays
        if self.hubs.get(&message.org).is_some_and(|pooled| pooled.entered == message.entered) {
            if let Some(pooled) = self.hubs.remove(&message.org) {
                self.core.metrics.hubs.dec();
                mail::insist(&pooled.hub, words::hub::Stop);
            }
        }
    }
}

impl Actor for Bridge {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(mail::CORE_MAILBOX);
        if let Some(mut events) = self.events.take() {
            // many at a time: they reach their feeds together, and their frames reach the sockets in few writes
            ctx.add_stream(futures_util::stream::poll_fn(move |cx| {
                let mut turn = Vec::new();
                let count = ready!(events.poll_recv_many(cx, &mut turn, EVENTS_PER_TURN));
                Poll::Ready((count > 0).then_some(turn))
            }));
        }
        ctx.run_interval(SWEEP, |bridge, ctx| bridge.check_all(ctx));
        ctx.run_interval(trail::LOOK, |bridge, _| bridge.say_tails());
        ctx.run_interval(probe::EVERY, |bridge, ctx| bridge.probe(&ctx.shared_address()));
    }
}

impl StreamHandler<Vec<BackendEvent>> for Bridge {
    fn handle(&mut self, events: Vec<BackendEvent>, ctx: &mut Self::Context) {
        events.into_iter().for_each(|event| self.on_event(event, ctx));
    }
}

impl Handler<TaskDone<Bridge>> for Bridge {
    type Result = ();
    fn handle(&mut self, message: TaskDone<Bridge>, ctx: &mut Self::Context) {
        message.run(self, ctx);
    }
}

handlers! {
    Bridge;
    EnterOrg => enter_org;
    PublishTopic => publish_topic;
    PublishEphemeral => publish_ephemeral;
    PutSnapshot => put_snapshot;
    Follow => follow;
    Attend => attend;
    Company => company;
    Errand => errand;
}

impl Handler<ExitOrg> for Bridge {
    type Result = ();
    fn handle(&mut self, message: ExitOrg, _: &mut Self::Context) {
        self.exit_org(message);
    }
}

impl Handler<HubIdle> for Bridge {
    type Result = ();
    fn handle(&mut self, message: HubIdle, _: &mut Self::Context) {
        self.hub_idle(message);
    }
}

impl Handler<Relist> for Bridge {
    type Result = ();
    fn handle(&mut self, _: Relist, _: &mut Self::Context) {
        for pooled in self.hubs.values() {
            mail::insist(&pooled.hub, words::hub::Relist);
        }
    }
}

impl Handler<Recheck> for Bridge {
    type Result = ();
    fn handle(&mut self, _: Recheck, ctx: &mut Self::Context) {
        self.check_all(ctx);
    }
}

impl Handler<SetBudgets> for Bridge {
    type Result = ();
    fn handle(&mut self, message: SetBudgets, _: &mut Self::Context) {
        self.core.accounts.set_budgets(message.0);
    }
}

impl Handler<Unfollow> for Bridge {
    type Result = ();
    fn handle(&mut self, message: Unfollow, ctx: &mut Self::Context) {
        self.unfollow(message, ctx);
    }
}

probed!(Bridge);
