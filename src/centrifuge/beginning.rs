//! The start of a client's conversation.

use super::deltas::Deltas;
use bytes::Bytes;
use hubwire_actors::node::Node;
use hubwire_protocol::centrifuge::{Begun, Format};
use hubwire_protocol::{OrgId, UserId};
use std::rc::Rc;

/// The parameters of a conversation; see the module.
pub(super) struct Beginning {
    pub node: Node,
    pub format: Format,
    pub user: UserId,
    pub orgs: Vec<OrgId>,
    /// Channels to which the token subscribes the client.
    pub channels: ServerSubs,
    /// The client's info in the token, as JSON.
    pub info: Option<Box<str>>,
    /// Data of the application for the client, as JSON.
    pub data: Option<Box<str>>,
    /// The key with which a client without a socket posts to its session.
    pub key: Option<String>,
    /// Its subscriptions with deltas, if a namespace has them.
    pub deltas: Option<Rc<Deltas>>,
    /// The first frame; its first command is `connect`.
    pub frame: Bytes,
}

/// Channels of a token.
pub(super) type ServerSubs = Vec<ServerSub>;

/// A channel of a token.
pub(super) struct ServerSub {
    pub channel: String,
    /// The client's info there, as JSON.
    pub info: Option<Box<str>>,
    /// Data for the client about the subscription, as JSON.
    pub data: Option<Box<str>>,
}

/// What a connection's `connect` is handled with.
pub(super) struct Connects {
    pub channels: ServerSubs,
    /// What is known for the reply so far.
    pub begun: Begun,
}
