//! The one way an actor is told something: bounded, with the overflow in the caller's hands.

use actix::dev::ToEnvelope;
use actix::prelude::*;

/// Capacity of the mailboxes on the core thread, in messages. Beyond it the sender answers `overloaded`.
pub const CORE_MAILBOX: usize = 64 * 1024;
/// Capacity of a shard's mailbox, in messages. Beyond it the shard reads the log instead (see `shard`).
pub const SHARD_MAILBOX: usize = 64 * 1024;
/// Capacity of a session's mailbox, in messages, above the actions it may have in flight: each of those is answered by
/// one message, and an answer that found no room would be lost.
pub const SESSION_MAILBOX: usize = 512;

/// Why a message did not reach a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undelivered {
    /// The mailbox holds as many messages as it may.
    Full,
    /// The actor stopped.
    Closed,
}

/// Tells `addr` a message without waiting. The caller decides what an undelivered message means.
pub fn tell<A, M>(addr: &Addr<A>, message: M) -> Result<(), Undelivered>
where
    A: Actor + Handler<M>,
    A::Context: ToEnvelope<A, M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    addr.try_send(message).map_err(|error| match error {
        SendError::Full(_) => Undelivered::Full,
        SendError::Closed(_) => Undelivered::Closed,
    })
}

/// As [`tell`], but an undelivered message comes back: somebody waits for its answer.
pub fn offer<A, M>(addr: &Addr<A>, message: M) -> Result<(), M>
where
    A: Actor + Handler<M>,
    A::Context: ToEnvelope<A, M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    addr.try_send(message).map_err(SendError::into_inner)
}

/// Tells `addr` a message that must arrive, and after all that the caller told it before: a full mailbox takes it past its
/// bound. Only what happens a bounded number of times is told this way: once per session (enter, leave, close), once per
/// action in flight (its answer), once per call to the broker (its outcome).
#[allow(clippy::disallowed_methods)] // the one place that may: a task that waited for room would be overtaken
pub fn insist<A, M>(addr: &Addr<A>, message: M)
where
    A: Actor + Handler<M>,
    A::Context: ToEnvelope<A, M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    addr.do_send(message); // an actor that stopped needs no message any more
}
