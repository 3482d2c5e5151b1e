//! The one way to send an actor a message: bounded, with the overflow in the caller's hands.

use crate::words::port::Port;
use actix::prelude::SendError;

/// Capacity of the mailboxes on the core thread, in messages. Beyond it the sender answers `overloaded`.
pub const CORE_MAILBOX: usize = 64 * 1024;
/// Capacity of a delivery actor's mailbox, in messages. Beyond it the members read the log instead (see `delivery`).
pub const DELIVERY_MAILBOX: usize = 64 * 1024;
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

/// As [`tell`], but an undelivered message comes back: somebody waits for its answer.
pub fn offer<M>(to: &(impl Port<M> + ?Sized), message: M) -> Result<(), M> {
    to.try_send(message).map_err(SendError::into_inner)
}

/// Tells `to` a message that must arrive, and after all that the caller told it before: a full mailbox takes it past
/// its bound. Only what happens a bounded number of times is told this way: once per session (enter, leave, close),
/// once per action in flight (its answer), once per call to the broker (its outcome).
pub fn insist<M>(to: &(impl Port<M> + ?Sized), message: M) {
    to.insist(message);
}
