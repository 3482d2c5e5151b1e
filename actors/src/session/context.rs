//! The context of a session actor: one task per socket, alive whether or not the client reads.
//!
//! The context of actix-web-actors is a response body, which freezes with its client. This one consists of the parts of
//! actix's own context and the outbox, which is flushed once at the end of each turn.

use super::Session;
use crate::delivery::Worker;
use crate::outbox::{Incoming, Outbox};
use crate::words::ids::MemberKey;
use actix::dev::{AsyncContextParts, ContextFut, ContextParts, Envelope, Mailbox, ToEnvelope};
use actix::prelude::*;
use futures_util::Stream;
use hubwire_protocol::{CloseCode, Dialect};
use std::cell::Cell;
use std::future::Future;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as Task, Poll};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{sleep, Instant, Sleep};

/// The context; see the module.
pub struct SessionContext {
    parts: ContextParts<Session>,
}

impl SessionContext {
    pub(super) fn new(mailbox: &Mailbox<Session>) -> Self {
        SessionContext { parts: ContextParts::new(mailbox.sender_producer()) }
    }

    pub(super) fn bound_mailbox(&mut self, messages: usize) {
        self.parts.set_mailbox_capacity(messages);
    }
}

impl ActorContext for SessionContext {
    fn stop(&mut self) {
        self.parts.stop();
    }
    fn terminate(&mut self) {
        self.parts.terminate();
    }
    fn state(&self) -> ActorState {
        self.parts.state()
    }
}

impl AsyncContext<Session> for SessionContext {
    fn spawn<F: ActorFuture<Session, Output = ()> + 'static>(&mut self, future: F) -> SpawnHandle {
        self.parts.spawn(future)
    }
    fn wait<F: ActorFuture<Session, Output = ()> + 'static>(&mut self, future: F) {
        self.parts.wait(future);
    }
    fn waiting(&self) -> bool {
        self.parts.waiting()
    }
    fn cancel_future(&mut self, handle: SpawnHandle) -> bool {
        self.parts.cancel_future(handle)
    }
    fn address(&self) -> Addr<Session> {
        self.parts.address()
    }
}

impl AsyncContextParts<Session> for SessionContext {
    fn parts(&mut self) -> &mut ContextParts<Session> {
        &mut self.parts
    }
}

impl<M> ToEnvelope<Session, M> for SessionContext
where
    Session: Handler<M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    fn pack(message: M, answer: Option<oneshot::Sender<M::Result>>) -> Envelope<Session> {
        Envelope::new(message, answer)
    }
}

/// The task of one session: a turn handles the input, then writes the resulting output.
///
/// A panic in a handler ends only this session. It is caught here, not left to the runtime, so that the client gets a
/// close code and the actor's clean-up runs after the unwinding: during it, a second panic would abort the process.
/// within it, a second panic would abort the process.
pub(super) struct SessionTask {
    /// `None` once it has ended.
    pub actor: Option<ContextFut<Session, SessionContext>>,
    pub gate: Rc<Gate>,
}

impl SessionTask {
    /// Ends a session whose handler panicked: stops reading, closes the socket with 1011, and removes the session from
    /// the directory and the hubs.
    fn give_up(&self, actor: ContextFut<Session, SessionContext>) {
        log::error!("session ended by a panic in its handler");
        self.gate.worker.node.metrics().sessions_closed.with_label_values(&["panic"]).inc();
        self.gate.set_closed(true);
        let code = CloseCode::Internal;
        self.gate.outbox.close(self.gate.dialect.close(code, code.reason()), code.reason());
        // the drop leaves on behalf of the session; if it panics too, at least this worker forgets the session
        if catch_unwind(AssertUnwindSafe(|| drop(actor))).is_err() {
            self.gate.worker.leave(self.gate.key);
        }
    }
}

impl Future for SessionTask {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Task<'_>) -> Poll<()> {
        self.gate.outbox.register(cx);
        let SessionTask { actor: running, gate } = &mut *self;
        let Some(actor) = running else { return Poll::Ready(()) };
        let turn = || loop {
            // cleared first: a turn that does not poll the read side must not see the answer of the former one
            gate.more.set(false);
            let polled = Pin::new(&mut *actor).poll(cx);
            // actix stops after a number of messages; the turn is over only when the read side has no more
            if polled.is_ready() || !gate.has_more() {
                return polled;
            }
        };
        let done = match catch_unwind(AssertUnwindSafe(turn)) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(())) => {
                drop(self.actor.take());
                Poll::Ready(())
            }
            Err(_) => {
                if let Some(actor) = self.actor.take() {
                    self.give_up(actor);
                }
                Poll::Ready(())
            }
        };
        // an error ends the connection, which the read side reports
        if let Poll::Ready(Ok(())) = self.gate.outbox.poll_flush(cx) {
            self.gate.worker.drained(self.gate.key);
        }
        done
    }
}

/// Applies backpressure to the read side: while the session waits, or has as many actions in flight as allowed, nothing
/// is read and the kernel makes the client wait.
///
/// The end of the connection passes in any case: a closing socket is read, because further input is dropped and its end
/// follows; and if the client is gone, the session does not wait for long.
pub(super) struct Gated<S> {
    incoming: S,
    gate: Rc<Gate>,
    /// Checks whether the client is gone while nothing is read. One timer, however often the gate closes meanwhile;
    /// dropped when it has fired and the gate is open.
    watch: Option<Watch>,
}

/// The state of that check.
struct Watch {
    timer: Pin<Box<Sleep>>,
    /// How often the gate had closed at the last check.
    closings: u64,
}

/// How long a session that reads nothing is kept without a client: at least this, at most twice as long. Long enough
/// for the broker to answer what is in flight, so that actions sent before the disconnect are still carried out.
const GONE_PATIENCE: Duration = Duration::from_millis(2500);

impl<S> Gated<S> {
    pub fn new(incoming: S, gate: Rc<Gate>) -> Self {
        Gated { incoming, gate, watch: None }
    }

    /// The gate is closed: ends the connection if its client is gone and the gate has been closed since the last check.
    fn watch(&mut self, cx: &mut Task<'_>) {
        let watch = self
            .watch
            .get_or_insert_with(|| Watch { timer: Box::pin(sleep(GONE_PATIENCE)), closings: self.gate.closings.get() });
        while watch.timer.as_mut().poll(cx).is_ready() {
            let closings = std::mem::replace(&mut watch.closings, self.gate.closings.get());
            if closings == watch.closings && self.gate.outbox.is_peer_gone() {
                self.gate.outbox.abort();
            }
            watch.timer.as_mut().reset(Instant::now() + GONE_PATIENCE);
        }
    }
}

/// Whether a session's socket is read, and what its task needs besides the actor. It changes only within the session's
/// own turns, so no task has to be woken.
///
/// It closes only between messages, so the deadline of a partial message never runs while nothing is read.
pub(super) struct Gate {
    closed: Cell<bool>,
    /// How often it has closed.
    closings: Cell<u64>,
    /// Whether the read side had a message at the last poll.
    more: Cell<bool>,
    pub outbox: Rc<dyn Outbox>,
    dialect: Dialect,
    worker: Rc<Worker>,
    key: MemberKey,
}

impl Gate {
    pub fn new(outbox: Rc<dyn Outbox>, dialect: Dialect, worker: Rc<Worker>, key: MemberKey) -> Self {
        let (closed, closings, more) = (Cell::new(false), Cell::new(0), Cell::new(false));
        Gate { closed, closings, more, outbox, dialect, worker, key }
    }

    /// Whether the read side may have another message in this turn.
    fn has_more(&self) -> bool {
        self.more.get() && !self.is_shut()
    }

    /// Whether nothing may be read: the gate is closed, and the socket is not closing.
    fn is_shut(&self) -> bool {
        self.closed.get() && !self.outbox.is_closing()
    }

    pub fn set_closed(&self, closed: bool) {
        let before = self.closed.replace(closed);
        self.closings.set(self.closings.get() + u64::from(closed && !before));
        self.outbox.set_paused(closed);
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
        // its wake brings the task here: a session whose gate stays open keeps no timer
        self.watch.take_if(|watch| watch.timer.is_elapsed());
        let next = Pin::new(&mut self.incoming).poll_next(cx);
        self.gate.more.set(matches!(next, Poll::Ready(Some(_))));
        next
    }
}

#[cfg(test)]
mod tests {
    use super::SessionTask;

    /// There is one per socket, and the task allocator rounds its size up: beyond this it costs 128 bytes more.
    #[test]
    fn a_session_is_small() {
        assert!(size_of::<SessionTask>() <= 544, "{} bytes", size_of::<SessionTask>());
    }
}
