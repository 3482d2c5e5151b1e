//! Pending calls to and from the application.

use crate::words::member::Permit;
use actix::SpawnHandle;
use hubwire_protocol::Incarnation;

/// Calls of the application that may be open to one session. The node refuses further ones as overloaded.
pub(super) const CALLS_MAX: usize = 64;

/// Calls without an answer yet; few sessions have any.
#[derive(Default)]
pub(super) struct Calls {
    /// Rpcs of the client that are answered later.
    pub late: Vec<Late>,
    /// Calls that the client has not replied to.
    pub open: Vec<OpenCall>,
    /// Number of the latest call.
    pub last: u64,
}

/// An rpc that the application answers later. It counts as in flight until then.
pub(super) struct Late {
    /// The id of the client's action.
    pub re: Box<str>,
    /// Returned with the answer.
    pub _permit: Permit,
    /// Ends the wait at its timeout.
    pub timer: SpawnHandle,
}

/// A call of the application.
pub(super) struct OpenCall {
    /// The node that waits for the reply.
    pub node: Incarnation,
    /// The id of the call on that node.
    pub call: u64,
    /// The number for the client: calls of several nodes may have the same id.
    pub number: u64,
    /// Ends the wait at its timeout.
    pub timer: SpawnHandle,
}
