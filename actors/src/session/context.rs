//! The context of a session actor: one task per socket, alive whether or not the client reads.
//!
//! The context of actix-web-actors is a response body, which is not polled while its client does not read. This one is
//! built from the parts of actix's own context and the outbox, and flushes the outbox once at the end of each turn.

use super::gate::Gate;
use super::Session;
use actix::dev::{AsyncContextParts, ContextFut, ContextParts, Envelope, Mailbox, ToEnvelope};
use actix::prelude::*;
use hubwire_protocol::CloseCode;
use std::future::Future;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as Task, Poll};
use tokio::sync::oneshot;

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
/// A panic in a handler ends only this session. The task catches it, instead of the runtime, so that the client gets a
/// close code and the actor is cleaned up after the unwinding: a second panic during the unwinding would abort the
/// process.
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
        self.gate.worker().node.metrics().sessions_closed.with_label_values(&["panic"]).inc();
        self.gate.set_closed(true);
        self.gate.close(CloseCode::Internal, CloseCode::Internal.reason());
        // dropping the actor makes the session leave; if that panics too, at least this worker forgets the session
        if catch_unwind(AssertUnwindSafe(|| drop(actor))).is_err() {
            self.gate.worker().leave(self.gate.key());
        }
    }
}

impl Future for SessionTask {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Task<'_>) -> Poll<()> {
        self.gate.outbox().register(cx);
        let SessionTask { actor: running, gate } = &mut *self;
        let Some(actor) = running else { return Poll::Ready(()) };
        let turn = || loop {
            gate.begin_turn();
            let polled = Pin::new(&mut *actor).poll(cx);
            // actix stops after a number of messages; the turn ends only when the read side has no more
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
        if let Poll::Ready(Ok(())) = self.gate.outbox().poll_flush(cx) {
            self.gate.worker().drained(self.gate.key());
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::SessionTask;

    /// There is one task per socket, and the allocator rounds its size up: beyond this bound it takes 128 bytes more.
    #[test]
    fn a_session_is_small() {
        assert!(size_of::<SessionTask>() <= 544, "{} bytes", size_of::<SessionTask>());
    }
}
