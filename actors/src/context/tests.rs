//! Tests of the context.

use super::*;
use crate::mail;
use std::time::Duration;

/// Records what happens to it.
#[derive(Default)]
struct Recorder {
    events: Vec<&'static str>,
    ended: Option<oneshot::Sender<Vec<&'static str>>>,
}

#[derive(Message)]
#[rtype(result = "()")]
struct Call(fn(&mut Recorder, &mut Context<Recorder>));

impl Actor for Recorder {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(8);
        self.events.push("started");
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.events.push("stopped");
        if let Some(ended) = self.ended.take() {
            let _ = ended.send(std::mem::take(&mut self.events));
        }
    }
}

impl Handler<Call> for Recorder {
    type Result = ();
    fn handle(&mut self, message: Call, ctx: &mut Self::Context) {
        (message.0)(self, ctx);
    }
}

fn task() -> (ActorTask<Recorder>, Addr<Recorder>, oneshot::Receiver<Vec<&'static str>>) {
    let (ended, events) = oneshot::channel();
    let ctx = Context::default();
    let address = ctx.address();
    (ActorTask::new(Recorder { ended: Some(ended), ..Recorder::default() }, ctx), address, events)
}

fn poll(task: &mut ActorTask<Recorder>) -> Poll<()> {
    Pin::new(task).poll(&mut Task::from_waker(Waker::noop()))
}

fn note(ctx: &mut Context<Recorder>, event: &'static str) -> SpawnHandle {
    ctx.spawn(std::future::ready(()).into_actor(&Recorder::default()).map(move |(), actor: &mut Recorder, _| {
        actor.events.push(event);
    }))
}

#[test]
fn messages_come_before_futures_and_a_future_spawned_meanwhile_is_polled_at_once() {
    let (mut task, address, _kept) = task();
    let spawns = |actor: &mut Recorder, ctx: &mut Context<Recorder>| {
        ctx.spawn(std::future::ready(()).into_actor(actor).map(|(), actor: &mut Recorder, ctx| {
            actor.events.push("future");
            note(ctx, "its own");
        }));
    };
    mail::tell(&address, Call(spawns)).unwrap();
    mail::tell(&address, Call(|actor, _| actor.events.push("message"))).unwrap();
    assert!(poll(&mut task).is_pending());
    assert_eq!(task.actor.events, ["started", "message", "future", "its own"]);
    assert!(task.ctx.pending.is_empty());
}

#[test]
fn a_cancelled_future_is_dropped_and_the_others_go_on() {
    let (mut task, address, _kept) = task();
    let cancels = |_: &mut Recorder, ctx: &mut Context<Recorder>| {
        let cancelled = note(ctx, "cancelled");
        note(ctx, "first");
        let by_itself = ctx.latest.next();
        ctx.spawn(actix::fut::wrap_future(std::future::pending()).map(|(), _: &mut Recorder, _| {}));
        ctx.spawn(std::future::ready(()).into_actor(&Recorder::default()).map(move |(), _, ctx: &mut Context<_>| {
            assert!(ctx.cancel_future(by_itself));
        }));
        note(ctx, "last");
        assert!(ctx.cancel_future(cancelled) && !ctx.cancel_future(cancelled));
    };
    mail::tell(&address, Call(cancels)).unwrap();
    assert!(poll(&mut task).is_pending());
    assert_eq!(task.actor.events, ["started", "first", "last"]);
    assert!(task.ctx.pending.is_empty() && !task.ctx.pending.spilled());
}

#[test]
fn an_actor_that_stops_handles_nothing_more() {
    let (mut task, address, mut events) = task();
    mail::tell(&address, Call(|_, ctx| _ = note(ctx, "future"))).unwrap();
    mail::tell(&address, Call(|_, ctx| ctx.stop())).unwrap();
    mail::tell(&address, Call(|actor, _| actor.events.push("message"))).unwrap();
    assert!(poll(&mut task).is_ready());
    drop(task);
    assert_eq!(events.try_recv().unwrap(), ["started", "stopped"], "once");
    assert!(mail::tell(&address, Call(|_, _| {})).is_err());
}

#[tokio::test]
async fn an_actor_without_addresses_stops_when_it_waits_for_nothing() {
    let (mut task, address, mut events) = task();
    mail::tell(&address, Call(|_, ctx| _ = ctx.run_later(Duration::from_millis(1), |_, _| {}))).unwrap();
    drop(address);
    assert!(poll(&mut task).is_pending(), "it waits");
    task.await;
    assert_eq!(events.try_recv().unwrap(), ["started", "stopped"]);
}

#[test]
fn an_actor_whose_task_is_dropped_stops() {
    let (mut task, address, mut events) = task();
    mail::tell(&address, Call(|_, ctx| _ = ctx.spawn(actix::fut::wrap_future(std::future::pending())))).unwrap();
    assert!(poll(&mut task).is_pending());
    drop(task);
    assert_eq!(events.try_recv().unwrap(), ["started", "stopped"]);
}

#[test]
fn a_panic_leaves_the_futures_in_place() {
    let (mut task, address, _kept) = task();
    let spawns = |_: &mut Recorder, ctx: &mut Context<Recorder>| {
        ctx.spawn(actix::fut::wrap_future(async { panic!("planted") }));
    };
    mail::tell(&address, Call(spawns)).unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| poll(&mut task))).is_err());
    assert!(task.ctx.pending[0].future.is_some());
    std::mem::forget(task); // as `Vital` does
}
