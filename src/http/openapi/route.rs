//! A route, as declared in its table.

use crate::auth::api_key::Scope;

/// The listener of a route.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Listener {
    /// On the public listener.
    Public,
    /// On the internal listener, with an API key.
    Keyed,
    /// On the internal listener, without a key.
    Open,
}

/// The credentials of a client of the public listener.
#[derive(Clone, Copy)]
pub enum Shows {
    /// Nothing.
    Nothing,
    /// A user's token.
    Token,
    /// A user's token, or other credentials instead.
    TokenIfAny,
    /// The key of a stream.
    StreamKey,
}

/// A route, as declared in the table.
pub struct Route {
    /// The path, with its segments in braces.
    pub path: &'static str,
    /// The method, in capitals.
    pub method: &'static str,
    /// The name of the operation; empty if the other listener's table describes the route.
    pub operation: &'static str,
    /// The doc comment.
    pub doc: &'static str,
    /// The listener.
    pub listener: Listener,
    /// The scope that the API key needs.
    pub scope: Option<Scope>,
    /// The credentials that the client needs.
    pub shows: Shows,
}
