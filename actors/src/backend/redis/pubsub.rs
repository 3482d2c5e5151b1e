//! Subscriptions: which channels this node wants, and a link to every server that carries some of them.

use super::super::{BackendError, Events};
use super::keys;
use super::link::Link;
use super::topology::Server;
use super::wires::Wires;
use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use tokio::sync::{oneshot, Notify};
use tokio::task::JoinSet;

/// A channel this node wants, and who waits for the broker's confirmation.
#[derive(Default)]
struct Want {
    confirmed: bool,
    waiting: Vec<oneshot::Sender<()>>,
}

/// A change that a link has not sent yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    Subscribe(String),
    Unsubscribe(String),
}

/// What all links of one node share.
pub(super) struct Subscriptions {
    pub wires: Rc<Wires>,
    pub events: Events,
    wanted: RefCell<HashMap<String, Want>>,
    /// Changes by the server they are for.
    changes: RefCell<HashMap<String, VecDeque<Change>>>,
    pub changed: Notify,
    servers: RefCell<Vec<Server>>,
}

impl Subscriptions {
    pub(super) fn new(wires: Rc<Wires>, events: Events, node_channel: String) -> Self {
        let subscriptions = Subscriptions {
            wires,
            events,
            wanted: RefCell::default(),
            changes: RefCell::default(),
            changed: Notify::new(),
            servers: RefCell::default(),
        };
        subscriptions.wanted.borrow_mut().insert(node_channel, Want::default());
        subscriptions
    }

    /// Wants a channel. Resolves when it is confirmed; while the broker is away it stays wanted and is subscribed when
    /// the broker is back.
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
        self.change(&channel, Change::Subscribe(channel.clone()))?;
        let (sender, receiver) = oneshot::channel();
        wanted.insert(channel, Want { confirmed: false, waiting: vec![sender] });
        Ok(Some(receiver))
    }

    pub(super) fn unsubscribe(&self, channel: String) -> Result<(), BackendError> {
        if self.wanted.borrow().contains_key(&channel) {
            self.change(&channel, Change::Unsubscribe(channel.clone()))?;
            self.wanted.borrow_mut().remove(&channel);
        }
        Ok(())
    }

    /// Queues a change for the link of the channel's server. Without a server there is nothing to do: a link begins with
    /// everything that is wanted.
    fn change(&self, channel: &str, change: Change) -> Result<(), BackendError> {
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
        let slot = keys::slot(channel);
        let servers = self.servers.borrow();
        let has = |server: &&Server| server.slots.iter().any(|(first, last)| (*first..=*last).contains(&slot));
        servers.iter().find(has).map(Server::name)
    }

    /// A link begins: all channels of its server, which are now to be confirmed.
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
    pub(super) fn take(&self, server: &str, max: usize) -> Vec<Change> {
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
                // whoever dropped the future does not want to know
                let _ = waiting.send(());
            }
        }
    }

    /// Says that what was published while a link was away is lost.
    pub(super) fn lost(&self) {
        super::stats::BackendStats::add(&self.wires.stats.lossy, 1);
        self.events.lossy();
    }

    /// Keeps one link per server, until the task is aborted. When slots move, all links begin anew.
    pub(super) async fn keep(self: Rc<Self>) {
        let mut servers = self.wires.servers();
        loop {
            let now = servers.borrow_and_update().clone();
            // nothing was subscribed before the first links, so nothing can be lost until they are there
            let first = self.servers.replace(now.clone()).is_empty();
            self.changes.borrow_mut().clear();
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
