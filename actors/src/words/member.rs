//! A session as the actors of the core thread know it.

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

/// A participant: a session on its worker.
#[derive(Clone)]
pub struct MemberRef {
    /// Its id.
    pub session: SessionId,
    /// Its user.
    pub user: UserId,
    /// Its dialect.
    pub dialect: Dialect,
    /// Its place on its worker.
    pub key: MemberKey,
    /// The delivery actor of its worker.
    pub delivery: Arc<dyn DeliveryPort>,
    /// Its mailbox.
    pub handle: Arc<SessionHandle>,
}

/// A session's mailbox, and how many of its actions are under way. What others hold of a session: shared, because a
/// clone of an actix address makes two allocations.
pub struct SessionHandle<P: ?Sized = dyn SessionPort> {
    pub(crate) in_flight: InFlight,
    /// When the client said something last, Unix milliseconds.
    heard_ms: AtomicU64,
    /// The client's address, where its actions are counted by it.
    pub(crate) network: Option<Network>,
    mailbox: P,
}

impl<P> SessionHandle<P> {
    pub(crate) fn new(mailbox: P, network: Option<Network>, now_ms: u64) -> Self {
        SessionHandle { in_flight: InFlight::default(), heard_ms: now_ms.into(), network, mailbox }
    }
}

impl<P: ?Sized> SessionHandle<P> {
    /// The client said something.
    pub(crate) fn note_heard(&self, now_ms: u64) {
        self.heard_ms.store(now_ms, Relaxed);
    }

    /// When it did last; before it said anything, when it connected.
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

/// The place of one action among those of its session that are in flight.
pub struct Permit(Arc<SessionHandle>);

impl Permit {
    /// Takes a place.
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
