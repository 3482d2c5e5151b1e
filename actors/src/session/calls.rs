//! Questions to and from the application that wait for their answer.

use crate::words::member::Permit;
use actix::SpawnHandle;
use hubwire_protocol::Incarnation;

/// Calls of the application that one session may have to reply to. More are refused as busy.
pub(super) const CALLS_MAX: usize = 64;

/// Questions that wait for their answer; few sessions have any.
#[derive(Default)]
pub(super) struct Calls {
    /// Rpcs of the client whose answer comes later.
    pub late: Vec<Late>,
    /// Calls that the client has not replied to.
    pub open: Vec<OpenCall>,
    /// Number of the last one.
    pub last: u64,
}

/// An rpc that the application answers later. It is in flight until then.
pub(super) struct Late {
    /// The id of the client's action.
    pub re: Box<str>,
    /// Comes back with the answer.
    pub _permit: Permit,
    /// Ends the wait.
    pub timer: SpawnHandle,
}

/// A call of the application.
pub(super) struct OpenCall {
    /// The node that waits for the reply.
    pub node: Incarnation,
    /// Which of its calls.
    pub call: u64,
    /// The number that the client sees: calls of several nodes may have one number.
    pub number: u64,
    /// Ends the wait.
    pub timer: SpawnHandle,
}
