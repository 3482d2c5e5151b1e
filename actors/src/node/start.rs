//! Assembles a node: the only place that knows the actors behind the node's ports.

use super::{Inner, Node, Parts};
use crate::application::Application;
use crate::audit::Audit;
use crate::backend::plain::PlainBus;
use crate::bridge::Bridge;
use crate::cluster::Cluster;
use crate::core::Core;
use crate::inquiry::Inquiries;
use crate::live_channels::LiveChannels;
use crate::log_reader::LogReader;
use crate::mail;
use crate::observer::Observer;
use crate::presence::Presence;
use crate::watchers::Watchers;
use crate::words::bridge::{BridgePort, SetWsHub};
use crate::words::presence::{PresencePort, SetBridge};
use crate::words::watchers::WatchersPort;
use crate::wrong_credentials::WrongCredentials;
use crate::wshub::{WsHub, WsHubSettings};
use actix::Addr;
use arc_swap::ArcSwap;
use std::rc::Rc;
use std::sync::{Arc, Mutex, OnceLock};
use tokio::sync::Notify;

impl Node {
    /// Starts the actors of the core thread, which is the calling one.
    pub fn start(parts: Parts) -> Node {
        let Parts { settings, environment, metrics, incarnation, authenticator, backend, events, tracer } = parts;
        let mut core = Core::new(backend, settings.clone(), environment.clone(), metrics.clone(), incarnation);
        core.tracer = tracer.clone();
        let core = Rc::new(core);
        let fenced = Arc::new(Notify::new());
        let (vital, denylist) = (core.vital.clone(), core.denylist.clone());
        let presence: Arc<dyn PresencePort> = vital.start(Presence::new(core.clone(), fenced.clone()));
        let drain_asked = Arc::new(Notify::new());
        let inquiries = Inquiries::default();
        let watchers: Arc<dyn WatchersPort> = vital.start(Watchers::new(core.clone()));
        let owners = (presence.clone(), watchers.clone());
        let bridge = Bridge::new(core.clone(), owners, events, drain_asked.clone(), inquiries.clone());
        let bridge: Arc<dyn BridgePort> = vital.start(bridge);
        mail::insist(&presence, SetBridge(bridge.clone()));
        let log_reader = vital.start(LogReader::new(core.clone()));
        let cluster = vital.start(Cluster::new(core, presence.clone(), bridge.clone()));
        let (deliveries, wshub) = (Mutex::default(), OnceLock::new());
        let audit = Arc::new(Audit::new(environment.clone()));
        Node(Arc::new(Inner {
            bridge,
            presence,
            log_reader,
            watchers,
            cluster,
            rules: ArcSwap::from_pointee(settings.rules.clone()),
            settings: ArcSwap::new(settings),
            environment,
            metrics,
            incarnation,
            authenticator,
            deliveries,
            wshub,
            application: OnceLock::new(),
            live_channels: OnceLock::new(),
            fenced,
            drain_asked,
            inquiries,
            observer: Observer::default(),
            tracer,
            vital,
            denylist,
            audit,
            wrong_credentials: WrongCredentials::default(),
        }))
    }

    /// Sets the application that sessions call. To be called once, before the first session.
    pub fn set_application(&self, application: Arc<dyn Application>) {
        let _ = self.0.application.set(application); // a node has one
    }

    /// Sets how sessions list the channels of the cluster. To be called once, before the first session.
    pub fn set_live_channels(&self, live_channels: Arc<dyn LiveChannels>) {
        let _ = self.0.live_channels.set(live_channels); // a node has one
    }

    /// Adds a WS-HUB endpoint to the node. To be called on the core thread, where `bus` lives.
    pub fn start_wshub(&self, settings: Arc<WsHubSettings>, bus: Rc<dyn PlainBus>) -> Arc<Addr<WsHub>> {
        let hub = WsHub::start(settings, bus, Some(self.0.bridge.clone()), self.vital());
        mail::insist(self.bridge(), SetWsHub { hub: hub.clone() });
        let _ = self.0.wshub.set(hub.clone()); // a node has one
        hub
    }
}
