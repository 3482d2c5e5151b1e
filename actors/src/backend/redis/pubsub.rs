//! Subscriptions: the channels that this node needs, a link to every server that carries some of them, and whether each
//! link has proven that it receives messages.

use super::super::{BackendError, Events};
use super::link::Link;
use super::slots;
use super::stats::BackendStats;
use super::topology::Server;
use super::wires::Wires;
use crate::complaint::Complaint;
use hubwire_protocol::Incarnation;
use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::sync::{oneshot, Notify};
use tokio::task::JoinSet;

/// How often the node is notified while a link is not proven, so that it reads the logs instead.
const DEAF: Duration = Duration::from_millis(1500);

/// A channel that this node needs, and the callers that wait for the broker's confirmation.
#[derive(Default)]
struct Want {
    confirmed: bool,
    waiting: Vec<oneshot::Sender<()>>,
}

/// A change that a link has not sent yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SubscriptionChange {
    Subscribe(String),
    Unsubscribe(String),
}

/// State that all links of one node share.
pub(super) struct Subscriptions {
    pub wires: Rc<Wires>,
    pub events: Events,
    pub incarnation: Incarnation,
    wanted: RefCell<HashMap<String, Want>>,
    /// Pending changes by server.
    changes: RefCell<HashMap<String, VecDeque<SubscriptionChange>>>,
    pub changed: Notify,
    servers: RefCell<Vec<Server>>,
    node_channel: String,
    /// By server: whether its link is proven, or why it is not.
    proofs: RefCell<HashMap<String, Result<(), String>>>,
    complaint: Complaint,
}

impl Subscriptions {
    pub(super) fn new(wires: Rc<Wires>, events: Events, incarnation: Incarnation, node_channel: String) -> Self {
        let subscriptions = Subscriptions {
            wires,
            events,
            incarnation,
            wanted: RefCell::default(),
            changes: RefCell::default(),
            changed: Notify::new(),
            servers: RefCell::default(),
            node_channel: node_channel.clone(),
            proofs: RefCell::default(),
            complaint: Complaint::default(),
        };
        subscriptions.wanted.borrow_mut().insert(node_channel, Want::default());
        subscriptions
    }

    /// Subscribes to a channel. Resolves when it is confirmed; while the broker is away, the subscription is kept and
    /// made when the broker is back.
    pub(super) fn subscribe(&self, channel: String) -> Result<Option<oneshot::Receiver<()>>, BackendError> {
        let mut wanted = self.wanted.borrow_mut();
        if let Some(want) = wanted.get_mut(&channel) {
            if want.confirmed {
                return Ok(None);
            }
            let (sender, receiver) = oneshot::channel();
            want.waiting.push(sender);
            return Ok(Some(receiver));
        }
        self.change(&channel, SubscriptionChange::Subscribe(channel.clone()))?;
        let (sender, receiver) = oneshot::channel();
        wanted.insert(channel, Want { confirmed: false, waiting: vec![sender] });
        Ok(Some(receiver))
    }

    pub(super) fn unsubscribe(&self, channel: String) -> Result<(), BackendError> {
        if self.wanted.borrow().contains_key(&channel) {
            self.change(&channel, SubscriptionChange::Unsubscribe(channel.clone()))?;
            self.wanted.borrow_mut().remove(&channel);
        }
        Ok(())
    }

    /// Queues a change for the link of the channel's server. Without a link there is nothing to do, because a new link
    /// starts with all subscriptions.
    fn change(&self, channel: &str, change: SubscriptionChange) -> Result<(), BackendError> {
        let Some(server) = self.server_of(channel) else { return Ok(()) };
        let mut changes = self.changes.borrow_mut();
        let queue = changes.entry(server).or_default();
        if queue.len() >= self.wires.config.queue_max {
            return Err(BackendError::Overloaded);
        }
        queue.push_back(change);
        drop(changes);
        self.changed.notify_waiters();
        Ok(())
    }

    fn server_of(&self, channel: &str) -> Option<String> {
        self.servers.borrow().iter().find(|server| server.has(channel)).map(Server::name)
    }

    /// A channel of this node on the server: the node's own channel if it is there, otherwise one named after it.
    pub(super) fn probe_channel(&self, server: &Server) -> String {
        let named = |nth: u16| self.node_channel.replacen('}', &format!(".{nth}}}"), 1);
        let own = std::iter::once(self.node_channel.clone());
        // one of as many names as there are slots is on the server, unless it has almost no slots
        own.chain((0..slots::SLOTS).map(named))
            .find(|name| server.has(name))
            .unwrap_or_else(|| self.node_channel.clone())
    }

    /// A link received a message that this node published.
    pub(super) fn proven(&self, server: &str) {
        self.proofs.borrow_mut().insert(server.to_owned(), Ok(()));
        if self.trouble().is_none() && self.wires.stats.link_proven.swap(1, Relaxed) == 0 {
            self.complaint.end();
            log::info!("subscriptions are verified: published messages arrive here");
        }
    }

    /// A link is not known to receive messages.
    pub(super) fn doubt(&self, server: &str, reason: String) {
        self.wires.stats.link_proven.store(0, Relaxed);
        self.proofs.borrow_mut().insert(server.to_owned(), Err(reason));
    }

    /// Why messages of other nodes may not arrive here; `None` when every link is proven.
    pub(super) fn trouble(&self) -> Option<String> {
        let (servers, proofs) = (self.servers.borrow(), self.proofs.borrow());
        if servers.is_empty() {
            return Some(self.wires.why());
        }
        servers.iter().map(Server::name).find_map(|server| match proofs.get(&server) {
            Some(Ok(())) => None,
            Some(Err(reason)) => Some(format!("subscriptions at {server} are not confirmed: {reason}")),
            None => Some(format!("subscriptions at {server} are not confirmed yet")),
        })
    }

    /// While a link is not proven, tells the node to read the logs, and the operator what to do, until the task is
    /// aborted. While the broker itself is away there is nothing to read, and another place logs that.
    pub(super) async fn watch(self: Rc<Self>) {
        loop {
            tokio::time::sleep(DEAF).await;
            let Some(reason) = self.trouble().filter(|_| !self.wires.shards().is_empty()) else { continue };
            self.events.deaf();
            if let Some(times) = self.complaint.due() {
                log::error!(
                    "messages of other nodes may not arrive, reading the logs instead; this node is not ready until \
                     what it publishes comes back: {reason} times={times}"
                );
            }
        }
    }

    /// Called when a link starts: all channels of its server, whose confirmations are now pending.
    pub(super) fn begin(&self, server: &str) -> Vec<String> {
        self.changes.borrow_mut().remove(server);
        let mut wanted = self.wanted.borrow_mut();
        let mut channels = Vec::new();
        for (channel, want) in wanted.iter_mut() {
            if self.server_of(channel).as_deref() == Some(server) {
                want.confirmed = false;
                channels.push(channel.clone());
            }
        }
        channels
    }

    /// At most `max` changes for a server, in call order.
    pub(super) fn take(&self, server: &str, max: usize) -> Vec<SubscriptionChange> {
        let mut changes = self.changes.borrow_mut();
        let Some(queue) = changes.get_mut(server) else { return Vec::new() };
        let max = max.min(queue.len());
        queue.drain(..max).collect()
    }

    /// The broker confirmed a channel.
    pub(super) fn confirm(&self, channel: &str) {
        if let Some(want) = self.wanted.borrow_mut().get_mut(channel) {
            want.confirmed = true;
            for waiting in want.waiting.drain(..) {
                // the caller may have dropped its future
                let _ = waiting.send(());
            }
        }
    }

    /// Reports that messages published while a link was away are lost.
    pub(super) fn lost(&self) {
        BackendStats::add(&self.wires.stats.lossy, 1);
        self.events.lossy();
    }

    /// Keeps one link per server, until the task is aborted. When slots move, all links are made anew.
    pub(super) async fn keep(self: Rc<Self>) {
        let mut servers = self.wires.servers();
        loop {
            let now = servers.borrow_and_update().clone();
            // before the first links there were no subscriptions, so nothing can be lost yet
            let first = self.servers.replace(now.clone()).is_empty();
            self.changes.borrow_mut().clear();
            self.proofs.borrow_mut().clear();
            self.wires.stats.link_proven.store(0, Relaxed);
            let mut links = JoinSet::new();
            for server in now {
                links.spawn_local(Link::new(Rc::clone(&self), server).keep(first));
            }
            if servers.changed().await.is_err() {
                return;
            }
        }
    }
}
