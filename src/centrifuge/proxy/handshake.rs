//! What the application is shown of the request that a connection began with.

use hyper::HeaderMap;

/// See the module. No headers where nobody is asked.
#[derive(Clone)]
pub(in crate::centrifuge) struct Handshake {
    /// How the client and the node speak, by the name it has in questions.
    pub transport: &'static str,
    pub headers: HeaderMap,
}
