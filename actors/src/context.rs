//! The context of an actor: its mailbox and its pending futures.
//!
//! It takes the place of [`actix::Context`], which reserves space for ten pending futures in every actor: 300 bytes of
//! each session, channel and organisation. At rest a session has one pending future, the others have none.

use actix::dev::channel::{channel, AddressReceiver};
use actix::dev::{Envelope, EnvelopeProxy, ToEnvelope};
use actix::prelude::*;
use smallvec::SmallVec;
use std::future::Future;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context as Task, Poll, Waker};
use tokio::sync::oneshot;

/// Capacity of the mailbox of an actor that has not set another one, in messages.
const UNTIL_STARTED: usize = 16;

/// A context; see the module. An actor ends when it is stopped, or when it has neither addresses nor pending futures.
pub struct Context<A: Actor<Context = Context<A>>> {
    mailbox: AddressReceiver<A>,
    /// The shared address, as long as somebody has it.
    shared: Weak<Addr<A>>,
    pending: SmallVec<[Pending<A>; 1]>,
    /// The latest handle of a future.
    latest: SpawnHandle,
    has_started: bool,
    state: ActorState,
}

/// A future of an actor.
struct Pending<A> {
    handle: SpawnHandle,
    /// `None` while it is polled, and once it is ready or cancelled.
    future: Option<Pin<Box<dyn ActorFuture<A, Output = ()>>>>,
}

/// The context of an actor that does not run yet.
impl<A: Actor<Context = Context<A>>> Default for Context<A> {
    fn default() -> Self {
        let (_, mailbox) = channel(UNTIL_STARTED);
        let latest = SpawnHandle::default();
        let pending = SmallVec::new();
        Context { mailbox, shared: Weak::new(), pending, latest, has_started: false, state: ActorState::Running }
    }
}

impl<A: Actor<Context = Context<A>>> Context<A> {
    /// The actor's address, the same for all callers: a clone of an [`Addr`] makes two allocations.
    pub fn shared_address(&mut self) -> Arc<Addr<A>> {
        self.shared.upgrade().unwrap_or_else(|| {
            let address = Arc::new(self.address());
            self.shared = Arc::downgrade(&address);
            address
        })
    }

    /// Changes the capacity of the mailbox, in messages.
    pub fn set_mailbox_capacity(&mut self, messages: usize) {
        self.mailbox.set_capacity(messages);
    }

    /// Handles messages until there are none.
    fn poll_mailbox(&mut self, actor: &mut A, cx: &mut Task<'_>) {
        while !self.waiting() {
            match Pin::new(&mut self.mailbox).poll_next(cx) {
                Poll::Ready(Some(mut message)) => message.handle(actor, self),
                Poll::Ready(None) | Poll::Pending => return,
            }
        }
    }

    /// Polls all futures, including those that are spawned meanwhile.
    fn poll_pending(&mut self, actor: &mut A, cx: &mut Task<'_>) {
        let mut at = 0;
        while at < self.pending.len() && !self.waiting() {
            let handle = self.pending[at].handle;
            if let Some(mut future) = self.pending[at].future.take() {
                let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(actor, self, cx)));
                let is_cancelled = self.pending[at].handle != handle;
                if !matches!(polled, Ok(Poll::Ready(()))) && !is_cancelled {
                    self.pending[at].future = Some(future);
                }
                // whoever catches it decides about the actor, which still has the future
                polled.map_or_else(|panic| resume_unwind(panic), drop);
            }
            at += 1;
        }
        self.pending.retain(|pending| pending.future.is_some());
        if self.pending.spilled() && self.pending.len() <= 1 {
            self.pending.shrink_to_fit();
        }
    }

    fn is_abandoned(&self) -> bool {
        self.pending.is_empty() && !self.mailbox.connected()
    }
}

impl<A: Actor<Context = Context<A>>> ActorContext for Context<A> {
    fn stop(&mut self) {
        if self.state.alive() {
            self.state = ActorState::Stopping;
        }
    }

    fn terminate(&mut self) {
        self.stop(); // no actor here declines to stop
    }

    fn state(&self) -> ActorState {
        self.state
    }
}

impl<A: Actor<Context = Context<A>>> AsyncContext<A> for Context<A> {
    fn address(&self) -> Addr<A> {
        Addr::new(self.mailbox.sender())
    }

    fn spawn<F: ActorFuture<A, Output = ()> + 'static>(&mut self, future: F) -> SpawnHandle {
        self.latest = self.latest.next();
        self.pending.push(Pending { handle: self.latest, future: Some(Box::pin(future)) });
        self.latest
    }

    fn wait<F: ActorFuture<A, Output = ()> + 'static>(&mut self, _: F) {
        unreachable!("clippy.toml forbids it: an actor that waits handles no messages");
    }

    fn waiting(&self) -> bool {
        self.state.stopping()
    }

    fn cancel_future(&mut self, handle: SpawnHandle) -> bool {
        let pending = self.pending.iter_mut().find(|pending| pending.handle == handle);
        // its entry goes later: the entries may be in use
        pending.map(|pending| *pending = Pending { handle: SpawnHandle::default(), future: None }).is_some()
    }
}

impl<A, M> ToEnvelope<A, M> for Context<A>
where
    A: Actor<Context = Context<A>> + Handler<M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    fn pack(message: M, answer: Option<oneshot::Sender<M::Result>>) -> Envelope<A> {
        Envelope::new(message, answer)
    }
}

/// An actor and its context: a future that is ready when the actor has ended. Dropped before, it stops the actor.
pub(crate) struct ActorTask<A: Actor<Context = Context<A>>> {
    actor: A,
    ctx: Context<A>,
}

impl<A: Actor<Context = Context<A>>> ActorTask<A> {
    pub fn new(actor: A, ctx: Context<A>) -> Self {
        ActorTask { actor, ctx }
    }
}

impl<A: Actor<Context = Context<A>>> Future for ActorTask<A> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Task<'_>) -> Poll<()> {
        let ActorTask { actor, ctx } = self.get_mut();
        if !std::mem::replace(&mut ctx.has_started, true) {
            actor.started(ctx);
        }
        ctx.poll_mailbox(actor, cx);
        ctx.poll_pending(actor, cx);
        if ctx.is_abandoned() {
            ctx.stop();
        }
        if ctx.state == ActorState::Stopping {
            ctx.state = ActorState::Stopped;
            actor.stopped(ctx);
        }
        match ctx.state {
            ActorState::Stopped => Poll::Ready(()),
            _ => Poll::Pending,
        }
    }
}

impl<A: Actor<Context = Context<A>>> Drop for ActorTask<A> {
    fn drop(&mut self) {
        if self.ctx.state != ActorState::Stopped {
            self.ctx.stop();
            let _ = Pin::new(self).poll(&mut Task::from_waker(Waker::noop()));
        }
    }
}

impl<A: Actor<Context = Context<A>>> Unpin for ActorTask<A> {}

#[cfg(test)]
mod tests;
