//! The start of a client's conversation.

use super::deltas::Deltas;
use bytes::Bytes;
use hubwire_actors::node::Node;
use hubwire_protocol::centrifuge::Format;
use hubwire_protocol::{OrgId, UserId};
use std::rc::Rc;

/// The parameters of a conversation; see the module.
pub(super) struct Beginning {
    pub node: Node,
    pub format: Format,
    pub user: UserId,
    pub orgs: Vec<OrgId>,
    /// Channels to which the token subscribes the client, with the client's info in each.
    pub channels: ServerSubs,
    /// The client's info in the token, as JSON.
    pub info: Option<Box<str>>,
    /// The key with which a client without a socket posts to its session.
    pub key: Option<String>,
    /// Its subscriptions with deltas, if a namespace has them.
    pub deltas: Option<Rc<Deltas>>,
    /// The first frame; its first command is `connect`.
    pub frame: Bytes,
}

/// Channels of a token, with the client's info in each.
pub(super) type ServerSubs = Vec<(String, Option<Box<str>>)>;
