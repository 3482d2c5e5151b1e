//! A route as its table has it.

use crate::auth::api_key::Scope;

/// Where a route is served.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Listener {
    /// On the public listener.
    Public,
    /// On the internal listener, with an API key.
    Keyed,
    /// On the internal listener, without one.
    Open,
}

/// What a client of the public listener shows.
#[derive(Clone, Copy)]
pub enum Shows {
    /// Nothing.
    Nothing,
    /// A user's token.
    Token,
    /// A user's token, or other credentials in its stead.
    TokenIfAny,
    /// The key of a stream.
    StreamKey,
}

/// A route as the table has it.
pub struct Route {
    /// With its segments in braces.
    pub path: &'static str,
    /// In capitals.
    pub method: &'static str,
    /// The name of the operation; empty where the other listener's table describes the route.
    pub operation: &'static str,
    /// The doc comment.
    pub doc: &'static str,
    /// Where it is served.
    pub listener: Listener,
    /// What the API key has to be good for.
    pub scope: Option<Scope>,
    /// What the client has to show.
    pub shows: Shows,
}
