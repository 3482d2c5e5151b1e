//! How the conversation with a client begins.

use super::deltas::Deltas;
use super::Centrifuge;
use bytes::Bytes;
use hubwire_actors::node::Node;
use hubwire_protocol::centrifuge::Format;
use hubwire_protocol::{OrgId, UserId};
use std::rc::Rc;
use std::sync::Arc;

/// See the module.
pub(super) struct Beginning {
    pub centrifuge: Arc<Centrifuge>,
    pub node: Node,
    pub format: Format,
    pub user: UserId,
    pub orgs: Vec<OrgId>,
    /// Channels the token subscribes the client to, with what it says of the client there.
    pub channels: ServerSubs,
    /// What the token says of the client, as JSON.
    pub info: Option<Box<str>>,
    /// What lets the client post to its session, where it has no socket.
    pub key: Option<String>,
    /// Its subscriptions with deltas, where a namespace has them.
    pub deltas: Option<Rc<Deltas>>,
    /// The first frame; its first command is `connect`.
    pub frame: Bytes,
}

/// Channels of a token, and what it says of the client there.
pub(super) type ServerSubs = Vec<(String, Option<Box<str>>)>;
