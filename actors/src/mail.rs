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

/// Tells `addr` a message that must arrive: when the mailbox is full, a task waits for room. Such tasks are bounded by
/// the sessions there are, because only what happens once per session (enter, leave, close) is told this way.
pub fn insist<A, M>(addr: &Addr<A>, message: M)
where
    A: Actor + Handler<M>,
    A::Context: ToEnvelope<A, M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    if let Err(SendError::Full(message)) = addr.try_send(message) {
        let addr = addr.clone();
        // an actor that stops meanwhile needs no message any more
        actix::spawn(async move { addr.send(message).await.map_or((), |_| ()) });
    }
}
