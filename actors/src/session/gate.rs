//! Backpressure to the client: whether the socket of a session is read.

use crate::delivery::Worker;
use crate::outbox::{Incoming, Outbox};
use crate::words::ids::MemberKey;
use core::net::IpAddr;
use futures_util::Stream;
use hubwire_protocol::{CloseCode, Dialect};
use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as Task, Poll};
use std::time::Duration;
use tokio::time::{sleep, Instant, Sleep};

/// Applies backpressure to the read side: while the session waits, or has as many actions in flight as allowed, nothing
/// is read and the kernel makes the client wait.
///
/// The end of the connection is noticed in any case: a closing socket is read, so that its further input is dropped up
/// to its end, and a session whose client is gone does not wait for long.
pub(super) struct Gated<S> {
    incoming: S,
    gate: Rc<Gate>,
    /// Checks whether the client is gone while nothing is read. There is one timer, however often the gate closes; it
    /// is dropped when it has fired while the gate is open.
    watch: Option<GateWatch>,
}

/// The state of the check whether the client is gone.
struct GateWatch {
    timer: Pin<Box<Sleep>>,
    /// How often the gate had closed at the last check.
    closings: u64,
}

/// How long a session with a closed gate is kept when its client is gone: at least this, at most twice as long. It is
/// long enough for the broker to answer what is in flight, so that actions sent before the disconnect are still carried
/// out.
const GONE_PATIENCE: Duration = Duration::from_millis(2500);

impl<S> Gated<S> {
    pub fn new(incoming: S, gate: Rc<Gate>) -> Self {
        Gated { incoming, gate, watch: None }
    }

    /// The gate is closed: ends the connection if its client is gone and the gate has been closed since the last check.
    fn watch(&mut self, cx: &mut Task<'_>) {
        let watch = self.watch.get_or_insert_with(|| GateWatch {
            timer: Box::pin(sleep(GONE_PATIENCE)),
            closings: self.gate.closings.get(),
        });
        while watch.timer.as_mut().poll(cx).is_ready() {
            let closings = std::mem::replace(&mut watch.closings, self.gate.closings.get());
            if closings == watch.closings && self.gate.outbox.is_peer_gone() {
                self.gate.outbox.abort();
            }
            watch.timer.as_mut().reset(Instant::now() + GONE_PATIENCE);
        }
    }
}

/// Whether a session's socket is read, and what its task needs besides the actor. The gate changes only within the
/// session's own turns, so no task has to be woken.
///
/// The gate closes only between messages, so the deadline of a partial message never runs while nothing is read.
pub(super) struct Gate {
    closed: Cell<bool>,
    /// How often it has closed.
    closings: Cell<u64>,
    /// Whether the read side had a message at the last poll.
    more: Cell<bool>,
    outbox: Rc<dyn Outbox>,
    dialect: Dialect,
    worker: Rc<Worker>,
    key: MemberKey,
    address: Option<IpAddr>,
    began: Instant,
}

impl Gate {
    /// The gate of a socket that a client at this address has just opened.
    pub fn new(
        outbox: Rc<dyn Outbox>,
        dialect: Dialect,
        worker: Rc<Worker>,
        key: MemberKey,
        address: Option<IpAddr>,
    ) -> Self {
        let (closed, closings, more) = (Cell::new(false), Cell::new(0), Cell::new(false));
        Gate { closed, closings, more, outbox, dialect, worker, key, address, began: Instant::now() }
    }

    /// Called before the actor is polled: a turn that does not poll the read side must not see the previous turn's
    /// answer.
    pub fn begin_turn(&self) {
        self.more.set(false);
    }

    /// Whether the read side may have another message in this turn.
    pub fn has_more(&self) -> bool {
        self.more.get() && !self.is_shut()
    }

    /// Whether nothing may be read: the gate is closed, and the socket is not closing.
    fn is_shut(&self) -> bool {
        self.closed.get() && !self.outbox.is_closing()
    }

    /// Stops or continues reading.
    pub fn set_closed(&self, closed: bool) {
        let before = self.closed.replace(closed);
        self.closings.set(self.closings.get() + u64::from(closed && !before));
        self.outbox.set_paused(closed);
    }

    /// Closes the socket.
    pub fn close(&self, code: CloseCode, reason: &str) {
        self.outbox.close(self.dialect.close(code, reason), reason);
    }

    pub fn outbox(&self) -> &dyn Outbox {
        &*self.outbox
    }

    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub fn worker(&self) -> &Worker {
        &self.worker
    }

    pub fn key(&self) -> MemberKey {
        self.key
    }

    pub fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// How long the socket has been open.
    pub fn age(&self) -> Duration {
        self.began.elapsed()
    }
}

impl<S: Stream<Item = Incoming> + Unpin> Stream for Gated<S> {
    type Item = Incoming;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Task<'_>) -> Poll<Option<Incoming>> {
        if self.gate.is_shut() {
            self.watch(cx);
        }
        if self.gate.is_shut() {
            return Poll::Pending;
        }
        // its waker brings the task here, so that a session with an open gate keeps no timer
        self.watch.take_if(|watch| watch.timer.is_elapsed());
        let next = Pin::new(&mut self.incoming).poll_next(cx);
        self.gate.more.set(matches!(next, Poll::Ready(Some(_))));
        next
    }
}
