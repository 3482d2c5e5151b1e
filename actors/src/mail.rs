//! The only way to send a message to an actor: bounded, and the caller handles the overflow.

use crate::words::port::Port;
use actix::prelude::SendError;

/// Capacity of the mailboxes on the core thread, in messages. Beyond it the sender answers `overloaded`.
pub const CORE_MAILBOX: usize = 64 * 1024;
/// Capacity of a delivery actor's mailbox, in messages. Beyond it the members read the log instead (see `delivery`).
pub const DELIVERY_MAILBOX: usize = 64 * 1024;
/// Capacity of a session's mailbox, in messages, in addition to its actions in flight: each of those is answered by one
/// message, and an answer without room would be lost.
pub const SESSION_MAILBOX: usize = 512;

/// Why a message was not delivered to a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undelivered {
    /// The mailbox is full.
    Full,
    /// The actor stopped.
    Closed,
}

/// Sends a message without waiting (`try_send`). The caller decides what a failure means.
pub fn tell<M>(to: &(impl Port<M> + ?Sized), message: M) -> Result<(), Undelivered> {
    to.try_send(message).map_err(|error| match error {
        SendError::Full(_) => Undelivered::Full,
        SendError::Closed(_) => Undelivered::Closed,
    })
}

/// Like [`tell`], but returns an undelivered message: somebody waits for its answer.
pub fn offer<M>(to: &(impl Port<M> + ?Sized), message: M) -> Result<(), M> {
    to.try_send(message).map_err(SendError::into_inner)
}

/// Sends a message that must arrive, after all earlier messages of the caller: a full mailbox accepts it beyond its
/// bound. Only for messages whose number is bounded otherwise: once per session (enter, leave, close), once per action
/// in flight (its answer), once per call to the broker (its outcome).
pub fn insist<M>(to: &(impl Port<M> + ?Sized), message: M) {
    to.insist(message);
}
