//! The task of a session actor: one per socket, alive whether or not the client reads.
//!
//! The context of actix-web-actors is a response body, which is not polled while its client does not read. This task
//! polls the actor, and flushes the outbox once at the end of each turn.

use super::gate::Gate;
use super::Session;
use crate::context::{ActorTask, Context};
use hubwire_protocol::CloseCode;
use std::future::Future;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as Task, Poll};

/// The context of a session.
pub type SessionContext = Context<Session>;

/// The task of one session: a turn handles the input, then writes the resulting output.
///
/// A panic in a handler ends only this session. The task catches it, instead of the runtime, so that the client gets a
/// close code and the actor is cleaned up after the unwinding: a second panic during the unwinding would abort the
/// process.
pub(super) struct SessionTask {
    /// `None` once it has ended.
    pub actor: Option<ActorTask<Session>>,
    pub gate: Rc<Gate>,
}

impl SessionTask {
    /// Ends a session whose handler panicked: stops reading, closes the socket with 1011, and removes the session from
    /// the directory and the hubs.
    fn give_up(&self, actor: ActorTask<Session>) {
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
        assert!(size_of::<SessionTask>() <= 288, "{} bytes", size_of::<SessionTask>());
    }
}
