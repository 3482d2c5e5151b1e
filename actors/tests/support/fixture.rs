//! A broker under test and the nodes on it.

use super::{eventually, PATIENCE};
use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use hubwire_actors::backend::{
    Append, AppendDirect, Attach, Backend, BackendEvent, Entry, IdempotencyKey, Joining, Lease, Member, Reply,
    Retention, SessionPolicy,
};
use hubwire_actors::environment::Environment;
use hubwire_actors::retention::StreamRetention;
use hubwire_protocol::cluster::ClusterMessage;
use hubwire_protocol::{Address, Incarnation, SessionId, UserId};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::{mpsc, Mutex};

/// An empty broker.
pub trait Broker {
    /// Connects a node with a queue for `events` events; ready when it is connected.
    fn connect(&self, incarnation: Incarnation, events: usize) -> LocalBoxFuture<'_, Node>;
}

/// A node on a broker.
pub struct Node {
    pub incarnation: Incarnation,
    pub backend: Rc<dyn Backend>,
    events: Mutex<mpsc::Receiver<BackendEvent>>,
    sessions: Cell<u64>,
}

impl std::ops::Deref for Node {
    type Target = dyn Backend;
    fn deref(&self) -> &Self::Target {
        &*self.backend
    }
}

/// A node of an incarnation of its own, in the live set.
pub async fn node(broker: &dyn Broker) -> Node {
    node_with_queue(broker, 4096).await
}

pub async fn node_with_queue(broker: &dyn Broker, events: usize) -> Node {
    let node = broker.connect(Environment::real().incarnation(), events).await;
    assert_eq!(node.renew_lease(PATIENCE).await, Ok(Lease::Created));
    node
}

impl Node {
    pub fn new(incarnation: Incarnation, backend: Rc<dyn Backend>, events: mpsc::Receiver<BackendEvent>) -> Self {
        Node { incarnation, backend, events: Mutex::new(events), sessions: Cell::new(0) }
    }

    /// Waits until the broker is connected and the node's own channel is subscribed.
    pub async fn ready(self) -> Self {
        eventually("the node hears itself", || async {
            self.publish_node(self.incarnation, Bytes::from_static(b"ready")).await.ok().filter(|heard| *heard)
        })
        .await;
        assert_eq!(self.next().await, message("ready"));
        self
    }

    /// Makes a session enter a channel, and returns whether its user is to be announced.
    pub fn enter(&self, joining: Joining) -> Reply<bool> {
        let entered = self.join(joining);
        Box::pin(async move { Ok(entered.await?.first) })
    }

    /// The next event other than reports that the node's subscriptions are not proven, or that another node has
    /// members in a channel.
    pub async fn next(&self) -> BackendEvent {
        loop {
            match self.next_raw().await {
                BackendEvent::Message { payload } if payload.starts_with(b"M ") => {}
                event => return event,
            }
        }
    }

    /// The next event, however often the node is told meanwhile that its subscriptions are not proven.
    pub async fn next_raw(&self) -> BackendEvent {
        let mut events = self.events.lock().await;
        let heard = async {
            loop {
                match events.recv().await.expect("queue is open") {
                    BackendEvent::Deaf => {}
                    BackendEvent::Stored { stream, entry, kept } => return as_message(&stream, &entry, kept),
                    event => return event,
                }
            }
        };
        tokio::time::timeout(PATIENCE, heard).await.expect("no event")
    }

    /// Waits until the node is told that its subscriptions are not proven.
    pub async fn deaf(&self) {
        let mut events = self.events.lock().await;
        let deaf = async { while events.recv().await.expect("queue is open") != BackendEvent::Deaf {} };
        tokio::time::timeout(PATIENCE, deaf).await.expect("it was never told");
    }

    /// The next event as text; `LOSSY` for a loss.
    pub async fn next_text(&self) -> String {
        match self.next().await {
            BackendEvent::Message { payload } | BackendEvent::Kept { payload } => {
                String::from_utf8_lossy(&payload).into_owned()
            }
            BackendEvent::Unanswered => "UNANSWERED".into(),
            BackendEvent::Lossy => "LOSSY".into(),
            BackendEvent::Deaf => "DEAF".into(),
            BackendEvent::Stored { .. } => unreachable!("comes as a message"),
        }
    }

    /// Everything that came before a message the node now sends to itself.
    pub async fn drained(&self) -> Vec<String> {
        eventually("the node hears itself", || async {
            self.publish_node(self.incarnation, Bytes::from_static(b"end")).await.ok().filter(|heard| *heard)
        })
        .await;
        let mut texts = Vec::new();
        loop {
            match self.next_text().await {
                end if end == "end" => return texts,
                text => texts.push(text),
            }
        }
    }

    /// A fresh session on this node.
    pub fn session(&self) -> SessionId {
        self.sessions.set(self.sessions.get() + 1);
        SessionId::new(self.incarnation, self.sessions.get())
    }
}

/// The form in which a broker outside of the process tells of a new entry.
fn as_message(stream: &Address, entry: &Entry, kept: bool) -> BackendEvent {
    let (stream, Entry { pos, prev, envelope }) = (stream.to_string(), entry);
    let message = ClusterMessage::Publication { stream: &stream, pos: *pos, prev: *prev, envelope };
    let payload = message.encode().into();
    if kept {
        BackendEvent::Kept { payload }
    } else {
        BackendEvent::Message { payload }
    }
}

pub fn message(text: &'static str) -> BackendEvent {
    BackendEvent::Message { payload: Bytes::from_static(text.as_bytes()) }
}

pub fn address(text: &str) -> Address {
    text.parse().unwrap()
}

pub fn user(text: &str) -> UserId {
    text.parse().unwrap()
}

pub const KEEP: Retention = Retention { count: 1000, age: Duration::from_secs(3600), bytes: 1 << 24 };

pub fn nonce() -> u64 {
    Environment::real().nonce()
}

pub fn append(stream: &str, envelope: &str) -> Append {
    Append {
        stream: address(stream),
        envelope: Bytes::copy_from_slice(envelope.as_bytes()),
        nonce: nonce(),
        idempotency: None,
        retention: KEEP,
    }
}

pub fn keyed(key: &str) -> Option<IdempotencyKey> {
    Some(IdempotencyKey { key: key.into(), window: Duration::from_secs(120), digest: Some(1), ts: 1_000 })
}

/// The same key for another content.
pub fn reused(key: &str) -> Option<IdempotencyKey> {
    keyed(key).map(|key| IdempotencyKey { digest: Some(2), ts: 2_000, ..key })
}

/// All streams keep as much.
pub fn keep() -> StreamRetention {
    StreamRetention {
        user: KEEP,
        org: KEEP,
        team: KEEP,
        channel: KEEP,
        rules: Default::default(),
        shares: Default::default(),
    }
}

pub fn direct(from: Option<&str>, to: &str, envelope: &str) -> AppendDirect {
    AppendDirect {
        from: from.map(user),
        to: user(to),
        envelope: Bytes::copy_from_slice(envelope.as_bytes()),
        nonce: nonce(),
        idempotency: None,
        within: None,
        share: None,
        retention: KEEP,
        own_retention: KEEP,
    }
}

pub fn attach(of: &str, session: SessionId, max_sessions: usize, close_oldest: bool, live: &[Incarnation]) -> Attach {
    Attach {
        user: user(of),
        session,
        device: Some("phone".parse().unwrap()),
        policy: SessionPolicy { max_sessions, close_oldest },
        live: live.to_vec(),
    }
}

/// A session joins a channel and says nothing of what it shows.
pub fn joining(channel: &str, member: Member, live: &[Incarnation], known: bool) -> Joining {
    let (channel, live) = (address(channel), live.to_vec());
    Joining { channel, member, live, known, state: None, profiles_kept: None, fresh: true }
}

pub fn member(of: &str, session: SessionId) -> Member {
    Member { session, user: user(of) }
}
