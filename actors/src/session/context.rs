//! The context a session actor runs in: one task per socket, alive whether or not the client reads.
//!
//! actix-web-actors' context is a response body, which freezes with its client; this one is only the parts of actix's own
//! context plus the outbox, which is flushed once at the end of each turn.

use super::Session;
use crate::outbox::{Incoming, Outbox};
use crate::shard::{MemberKey, Worker};
use actix::dev::{AsyncContextParts, ContextFut, ContextParts, Envelope, Mailbox, ToEnvelope};
use actix::prelude::*;
use futures_util::Stream;
use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as Task, Poll};
use tokio::sync::oneshot;

/// See the module.
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

/// The task of one session: a turn handles what came in, then writes what it caused.
pub(super) struct SessionTask {
    pub actor: ContextFut<Session, SessionContext>,
    pub outbox: Rc<dyn Outbox>,
    pub worker: Rc<Worker>,
    pub key: MemberKey,
}

impl Future for SessionTask {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Task<'_>) -> Poll<()> {
        self.outbox.register(cx);
        let done = Pin::new(&mut self.actor).poll(cx);
        // an error ends the connection, and the read side says so
        if let Poll::Ready(Ok(())) = self.outbox.poll_flush(cx) {
            self.worker.drained(self.key);
        }
        done
    }
}

/// The read side behind a gate: while the session waits for its place, or has as many actions in flight as it may,
/// nothing is read and the client's kernel makes it wait.
pub(super) struct Gated<S> {
    pub incoming: S,
    pub gate: Rc<Gate>,
}

/// Whether a session's socket is read. Only changed within the session's own turns, so nobody has to be woken.
#[derive(Default)]
pub(super) struct Gate {
    closed: Cell<bool>,
}

impl Gate {
    pub fn set_closed(&self, closed: bool) {
        self.closed.set(closed);
    }
}

impl<S: Stream<Item = Incoming> + Unpin> Stream for Gated<S> {
    type Item = Incoming;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Task<'_>) -> Poll<Option<Incoming>> {
        if self.gate.closed.get() {
            return Poll::Pending;
        }
        Pin::new(&mut self.incoming).poll_next(cx)
    }
}
