//! The one way an actor is told something: bounded, with the overflow in the caller's hands.

use crate::words::port::Port;
use actix::prelude::SendError;

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

/// Tells `to` a message without waiting. The caller decides what an undelivered message means.
pub fn tell<M>(to: &(impl Port<M> + ?Sized), message: M) -> Result<(), Undelivered> {
    to.try_send(message).map_err(|error| match error {
        SendError::Full(_) => Undelivered::Full,
        SendError::Closed(_) => Undelivered::Closed,
    })
}

/// Tells `to` a message that must arrive: when the mailbox is full, a task waits for room. Such tasks are bounded by
/// the sessions there are, because only what happens once per session (enter, leave, close) is told this way.
pub fn insist<M>(to: &(impl Port<M> + ?Sized), message: M) {
    to.insist(message);
}
