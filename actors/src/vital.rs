//! Actors without which a node cannot work, and the end of the node when one of them panics.
//!
//! An actor that panicked may have left its state half changed, and further messages to it would be lost unnoticed. So
//! it gets no more messages, and the node is *broken*: it accepts no more clients, sends those it has to other nodes,
//! and ends, so that its supervisor restarts it. Input of clients is interpreted where a panic harms nobody else: in
//! the session, and in `isolated`.

use crate::context::{ActorTask, Context};
use actix::prelude::*;
use hubwire_protocol::cluster::EnvelopeError;
use std::cell::Cell;
use std::future::Future;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::task::{Context as Task, Poll};
use tokio::sync::Notify;

/// Whether a node is broken. Cheap to clone; shared by all its threads.
#[derive(Clone, Default)]
pub struct Vital(Arc<State>);

#[derive(Default)]
struct State {
    broken: AtomicBool,
    told: Notify,
}

impl Vital {
    /// Starts an actor whose panic breaks the node.
    pub fn start<A: Actor<Context = Context<A>>>(&self, actor: A) -> Arc<Addr<A>> {
        let mut ctx = Context::default();
        let addr = ctx.shared_address();
        actix::spawn(VitalTask { actor: Some(ActorTask::new(actor, ctx)), vital: self.clone() });
        addr
    }

    /// Marks the node as broken.
    pub fn give_up(&self) {
        self.0.broken.store(true, Ordering::Release);
        self.0.told.notify_one();
    }

    /// Whether the node is broken.
    pub fn is_broken(&self) -> bool {
        self.0.broken.load(Ordering::Acquire)
    }

    /// Resolves when the node is broken. For one caller.
    pub async fn broken(&self) {
        while !self.is_broken() {
            self.0.told.notified().await;
        }
    }
}

/// The task of one vital actor.
pub(crate) struct VitalTask<A: Actor<Context = Context<A>>> {
    /// `None` once it has ended.
    actor: Option<ActorTask<A>>,
    vital: Vital,
}

impl<A: Actor<Context = Context<A>>> Future for VitalTask<A> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Task<'_>) -> Poll<()> {
        let this = self.get_mut();
        let Some(actor) = &mut this.actor else { return Poll::Ready(()) };
        match catch_unwind(AssertUnwindSafe(|| Pin::new(actor).poll(cx))) {
            Ok(polled) => polled,
            Err(_) => {
                log::error!("{} panicked, so the node has to end", name::<A>());
                // never dropped: actix would let it handle the rest of its mailbox with the state that the panic left
                std::mem::forget(this.actor.take());
                this.vital.give_up();
                Poll::Ready(())
            }
        }
    }
}

/// The actor's name without its path.
fn name<A>() -> &'static str {
    let path = std::any::type_name::<A>();
    path.rsplit("::").next().unwrap_or(path)
}

/// Why the content of a publication could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// It is not an envelope.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// Its content triggered a fault of this program.
    #[error("panicked")]
    Panicked,
}

/// Interprets client input within a vital actor. Input that makes this panic is counted as unreadable and skipped: it
/// may be in a log, from which it would break every node again and again. `read` must not change anything before it has
/// read and encoded the content.
pub(crate) fn isolated<T>(read: impl FnOnce() -> Result<T, EnvelopeError>) -> Result<T, Unreadable> {
    ISOLATED.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(read));
    ISOLATED.set(false);
    Ok(outcome.map_err(|_| Unreadable::Panicked)??)
}

thread_local! {
    static ISOLATED: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic on this thread, at this moment, is isolated. For the panic hook: any other panic on the core thread,
/// for example in a task of the backend, breaks the node as an actor's would.
pub fn is_isolated() -> bool {
    ISOLATED.get()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    /// Panics at a zero, and counts the other numbers.
    struct Fragile(Arc<AtomicUsize>);

    #[derive(Message)]
    #[rtype(result = "()")]
    struct Number(usize);

    impl Actor for Fragile {
        type Context = Context<Self>;

        fn started(&mut self, ctx: &mut Self::Context) {
            ctx.set_mailbox_capacity(8);
        }
    }

    impl Handler<Number> for Fragile {
        type Result = ();
        fn handle(&mut self, message: Number, _: &mut Self::Context) {
            assert_ne!(message.0, 0, "planted");
            self.0.fetch_add(message.0, Ordering::Relaxed);
        }
    }

    #[test]
    fn an_actor_that_panicked_breaks_the_node_and_handles_nothing_more() {
        System::new().block_on(async {
            let (vital, sum) = (Vital::default(), Arc::new(AtomicUsize::new(0)));
            let actor = vital.start(Fragile(sum.clone()));
            assert!(!vital.is_broken());
            for number in [1, 0, 2] {
                crate::mail::tell(&actor, Number(number)).unwrap();
            }
            vital.broken().await;
            vital.broken().await; // it stays so
            assert_eq!(sum.load(Ordering::Relaxed), 1);
        });
    }

    #[test]
    fn a_panic_over_a_content_is_an_error_and_no_more() {
        assert_eq!(isolated(|| Ok(1)).unwrap(), 1);
        let panicked = isolated(|| -> Result<(), _> {
            assert!(is_isolated());
            panic!("planted")
        });
        assert!(matches!(panicked, Err(Unreadable::Panicked)));
        assert!(!is_isolated());
    }
}
