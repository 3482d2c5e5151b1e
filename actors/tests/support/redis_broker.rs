//! The Redis backend under test.

use super::fixture::{Broker, Node};
use futures_util::future::LocalBoxFuture;
use hubwire_actors::backend::redis::{RedisBackend, RedisConfig};
use hubwire_actors::environment::Environment;
use hubwire_protocol::Incarnation;
use std::rc::Rc;
use tokio::sync::mpsc;

/// Redis somewhere; with a key prefix of its own it is an empty broker.
pub struct Redis(pub RedisConfig);

impl Redis {
    pub fn at(url: &str) -> Self {
        Redis(RedisConfig::new(url).unwrap())
    }

    /// The same servers as an empty broker.
    pub fn under(&self, prefix: &str) -> Self {
        Redis(RedisConfig { key_prefix: format!("{prefix}:"), ..self.0.clone() })
    }

    /// Connects without waiting for anything.
    pub fn backend(&self, incarnation: Incarnation, events: usize) -> (Rc<RedisBackend>, Node) {
        let (sender, receiver) = mpsc::channel(events);
        let backend = RedisBackend::connect(self.0.clone(), incarnation, Environment::real(), sender);
        (Rc::clone(&backend), Node::new(incarnation, backend, receiver))
    }
}

impl Broker for Redis {
    fn connect(&self, incarnation: Incarnation, events: usize) -> LocalBoxFuture<'_, Node> {
        Box::pin(self.backend(incarnation, events).1.ready())
    }
}
