//! Waits for the broker in a task beside the actor that called it.
//!
//! An actix context polls all its futures whenever one of them is ready: with thousands of appends in flight that costs
//! more than the appends. So each call waits in a task of its own, and its outcome arrives at the actor as a message
//! (`pipe_to_self` in other frameworks).
//!
//! A caller on a hot path first polls its call once with `now_or_never`: with the memory backend it is always ready,
//! and no task has to be spawned. A call that is pending is polled again, with a real waker, by the task that awaits
//! it.

use crate::context::Context;
use crate::mail;
use actix::prelude::*;
use std::future::Future;
use std::sync::Arc;

/// What an actor does with an outcome.
type Then<A> = Box<dyn FnOnce(&mut A, &mut Context<A>) + Send>;

/// To an actor from a task that it started: the outcome is there.
#[derive(Message)]
#[rtype(result = "()")]
pub struct TaskDone<A: Actor<Context = Context<A>>>(Then<A>);

impl<A: Actor<Context = Context<A>>> TaskDone<A> {
    /// Runs the continuation with the outcome.
    pub fn run(self, actor: &mut A, ctx: &mut Context<A>) {
        (self.0)(actor, ctx);
    }
}

/// Waits for a future, then runs `then` in the actor at `addr` with the outcome. Outcomes are handled in the order in
/// which they become ready.
pub fn wait<A, T>(
    addr: Arc<Addr<A>>,
    future: impl Future<Output = T> + 'static,
    then: impl FnOnce(T, &mut A, &mut Context<A>) + Send + 'static,
) where
    A: Actor<Context = Context<A>> + Handler<TaskDone<A>>,
    T: Send + 'static,
{
    actix::spawn(async move {
        let outcome = future.await;
        // bounded by the number of calls in flight at the broker
        mail::insist(&addr, TaskDone(Box::new(move |actor, ctx| then(outcome, actor, ctx))));
    });
}
