//! A session from the view of the actors on the core thread.

use super::delivery::DeliveryPort;
use super::ids::MemberKey;
use super::in_flight::InFlight;
use super::network::Network;
use super::port::Port;
use super::session::{RoomAgain, SessionPort};
use crate::mail;
use actix::prelude::SendError;
use hubwire_protocol::{Dialect, SessionId, UserId};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::Arc;

/// A member of feeds: a session on its worker.
#[derive(Clone)]
pub struct MemberRef {
    /// Its id.
    pub session: SessionId,
    /// Its user.
    pub user: UserId,
    /// Its dialect.
    pub dialect: Dialect,
    /// Its slot on its worker.
    pub key: MemberKey,
    /// The delivery actor of its worker.
    pub delivery: Arc<dyn DeliveryPort>,
    /// Its mailbox.
    pub handle: Arc<SessionHandle>,
}

/// A session's mailbox, and the count of its actions in flight. Other actors share it in one `Arc`, because a clone of
/// an actix address makes two allocations.
pub struct SessionHandle<P: ?Sized = dyn SessionPort> {
    pub(crate) in_flight: InFlight,
    /// When the client was active last, Unix milliseconds.
    heard_ms: AtomicU64,
    /// The client's address, if its actions are counted by address.
    pub(crate) network: Option<Network>,
    mailbox: P,
}

impl<P> SessionHandle<P> {
    pub(crate) fn new(mailbox: P, network: Option<Network>, now_ms: u64) -> Self {
        SessionHandle { in_flight: InFlight::default(), heard_ms: now_ms.into(), network, mailbox }
    }
}

impl<P: ?Sized> SessionHandle<P> {
    /// Records that the client was active.
    pub(crate) fn note_heard(&self, now_ms: u64) {
        self.heard_ms.store(now_ms, Relaxed);
    }

    /// When the client was active last; before its first action, when it connected.
    pub(crate) fn heard_ms(&self) -> u64 {
        self.heard_ms.load(Relaxed)
    }
}

impl<M, P: Port<M> + ?Sized> Port<M> for SessionHandle<P> {
    fn try_send(&self, message: M) -> Result<(), SendError<M>> {
        self.mailbox.try_send(message)
    }

    fn insist(&self, message: M) {
        self.mailbox.insist(message);
    }
}

/// Counts one action of a session as in flight until it is dropped.
pub struct Permit(Arc<SessionHandle>);

impl Permit {
    /// Counts one more action.
    pub(crate) fn take(session: Arc<SessionHandle>) -> Self {
        session.in_flight.begin();
        Permit(session)
    }

    /// The session that sent the action.
    pub(crate) fn session(&self) -> Arc<SessionHandle> {
        self.0.clone()
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.0.in_flight.end() {
            mail::insist(&self.0, RoomAgain);
        }
    }
}
