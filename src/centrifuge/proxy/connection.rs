//! What questions need of a connection.

use super::handshake::Handshake;
use super::proxies::Proxies;
use hubwire_actors::outbox::Outbox;
use hubwire_protocol::centrifuge::Format;
use std::rc::Rc;
use std::sync::Arc;

/// See the module.
pub(in crate::centrifuge) struct Connection {
    pub proxies: Arc<Proxies>,
    pub outbox: Rc<dyn Outbox>,
    pub format: Format,
    /// What it began with.
    pub handshake: Handshake,
    /// The id of the connection.
    pub client: String,
    /// As its user is shown.
    pub user: String,
    pub commands_max: usize,
}
