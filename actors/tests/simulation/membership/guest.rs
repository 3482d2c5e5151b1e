//! A client that sends what a test wants and records what it receives.

use super::{eventually, kind, House};
use crate::process::identity;
use crate::wire::{Frame, Wire};
use serde_json::{json, Value};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::Instant;

const OUTBOX_BYTES: usize = 64 * 1024;

/// See the module.
pub struct Guest {
    pub user: String,
    pub wire: Rc<Wire>,
    heard: Rc<RefCell<Vec<Value>>>,
    /// When each of it was heard.
    times: Rc<RefCell<Vec<Instant>>>,
    closed: Rc<Cell<Option<u16>>>,
    asked: Cell<u32>,
}

impl Guest {
    /// Connects a device, `<user>/<device>`, and waits for nothing.
    pub fn connect(house: &House, node: usize, device: &str) -> Guest {
        Guest::open(house, node, device, true)
    }

    /// Opens a socket whose first message says who it is.
    pub fn stranger(house: &House, node: usize, device: &str) -> Guest {
        Guest::open(house, node, device, false)
    }

    fn open(house: &House, node: usize, device: &str, known: bool) -> Guest {
        let wire = Wire::new(house.nodes.network.clone(), OUTBOX_BYTES);
        assert!(house.nodes.accept(node, &wire, known.then(|| identity(device))), "the node runs");
        let guest = Guest {
            user: device.split('/').next().unwrap_or_default().into(),
            wire,
            heard: Rc::default(),
            times: Rc::default(),
            closed: Rc::default(),
            asked: Cell::new(0),
        };
        tokio::task::spawn_local(guest.listen());
        guest
    }

    fn listen(&self) -> impl Future<Output = ()> + 'static {
        let (wire, heard, closed) = (self.wire.clone(), self.heard.clone(), self.closed.clone());
        let times = self.times.clone();
        async move {
            loop {
                match wire.recv().await {
                    Frame::Text(text) => {
                        times.borrow_mut().push(Instant::now());
                        heard.borrow_mut().push(serde_json::from_slice(&text).unwrap());
                    }
                    Frame::Close(code) => return closed.set(Some(code)),
                }
            }
        }
    }

    /// An action with an id of its own.
    pub fn action(&self, kind: &str, to: Option<&str>, payload: Value) -> (String, Value) {
        self.asked.set(self.asked.get() + 1);
        let id = format!("a{}", self.asked.get());
        let mut hub = json!({ "id": id });
        if let Some(to) = to {
            hub["to"] = to.into();
        }
        (id, json!({ "type": kind, "payload": payload, "meta": { "hub": hub } }))
    }

    /// Sends actions in one frame. Returns their ids.
    pub fn send(&self, actions: &[(&str, Option<&str>)]) -> Vec<String> {
        let made = actions.iter().map(|(kind, to)| self.action(kind, *to, json!({})));
        let (ids, actions): (Vec<String>, Vec<Value>) = made.unzip();
        self.wire.send(Value::Array(actions).to_string());
        ids
    }

    /// Everything it heard.
    pub fn heard(&self) -> Vec<Value> {
        self.heard.borrow().clone()
    }

    /// The answers to an action.
    pub fn answers(&self, id: &str) -> Vec<Value> {
        self.heard.borrow().iter().filter(|action| action["meta"]["hub"]["re"] == id).cloned().collect()
    }

    /// When an action was acknowledged.
    pub fn acked(&self, id: &str) -> Option<Instant> {
        let heard = self.heard.borrow();
        let is_ack = |action: &Value| action["meta"]["hub"]["re"] == id && kind(action) == "@@hub/ack";
        heard.iter().zip(&*self.times.borrow()).find(|(action, _)| is_ack(action)).map(|(_, at)| *at)
    }

    /// Every action has its answer before long, and none has two.
    pub async fn is_answered(&self, ids: &[String], soon: Duration) {
        let counts = || ids.iter().map(|id| self.answers(id).len()).collect::<Vec<_>>();
        eventually(soon, counts, |counts| counts.iter().all(|count| *count == 1)).await;
    }

    /// The kind of the one answer to each action.
    pub fn kinds(&self, ids: &[String]) -> Vec<String> {
        ids.iter().map(|id| self.answers(id).first().map(kind).unwrap_or_default().to_string()).collect()
    }

    pub async fn is_welcome(&self) {
        let soon = Duration::from_secs(10);
        eventually(soon, || self.heard().iter().any(|it| kind(it) == "@@hub/welcome"), |welcomed| *welcomed).await;
    }

    /// How often it got a publication of a kind in a channel.
    pub fn got(&self, kind_of: &str, channel: &str) -> usize {
        let is_it = |action: &&Value| kind(action) == kind_of && action["meta"]["hub"]["to"] == channel;
        self.heard.borrow().iter().filter(is_it).count()
    }

    /// The close code, once the socket is over.
    pub fn closed(&self) -> Option<u16> {
        self.closed.get()
    }

    /// Its socket breaks, and the node is told.
    pub fn go(&self) {
        self.wire.reset();
    }
}
