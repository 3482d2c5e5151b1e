//! One client's socket: what the client sends goes to the hub; what its groups send is written by its worker.
//!
//!  Backpressure: the socket is not read while its next message cannot be sent yet, because the key is not announced or
//!  too much is in flight to the broker. So no message of a client is dropped here or buffered in memory; TCP makes the
//!  client wait.

use super::endpoint::Worker;
use crate::ws::{Socket, SocketIncoming, SocketOutbox};
use actix::dev::ToEnvelope;
use actix::prelude::*;
use bytes::Bytes;
use futures_util::future::{FutureExt, LocalBoxFuture};
use futures_util::StreamExt;
use hubwire_actors::mail;
use hubwire_actors::outbox::{Incoming, Outbox};
use hubwire_actors::words::ids::MemberKey;
use hubwire_actors::words::wshub::{ClientData, EnterKey, LeaveKey};
use hubwire_actors::wshub::WsHub;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{ready, Context, Poll};
use tokio::sync::{oneshot, AcquireError, OwnedSemaphorePermit};

/// A message's permits of the in-flight limit, once there is room.
type Share = LocalBoxFuture<'static, Result<OwnedSemaphorePermit, AcquireError>>;

/// What the next message of the client waits for.
enum Gate {
    Open,
    /// The hub's mailbox is full.
    Telling(LocalBoxFuture<'static, ()>),
    /// The key has to be announced first.
    Entering(oneshot::Receiver<()>),
    /// Too much is in flight.
    Sharing(Bytes, Share),
    /// The hub refused the connection and is about to close it.
    Shut,
}

/// See the module documentation. Runs as a task on its worker's thread.
pub(super) struct Connection {
    worker: Rc<Worker>,
    outbox: Rc<SocketOutbox>,
    incoming: SocketIncoming,
    key: Bytes,
    place: MemberKey,
    /// Resolved by the hub once the key is announced, if it is not yet.
    entered: Option<oneshot::Receiver<()>>,
    gate: Gate,
    next: Option<Bytes>,
    has_ended: bool,
}

impl Connection {
    /// Registers the key and starts the task.
    pub(super) fn start(worker: Rc<Worker>, key: Bytes, socket: Socket) {
        let Some(actor) = worker.connections.actor().cloned() else { return };
        let place = worker.connections.enter(socket.outbox.clone());
        worker.guard.enter(place, socket.peer.ip(), &socket.outbox);
        let (entered, waiting) = oneshot::channel();
        let enter = EnterKey { key: key.clone(), worker: actor, place, peer: socket.peer.to_string().into(), entered };
        let gate = tell(&worker.handle.hub, enter);
        actix_rt::spawn(Connection {
            worker,
            outbox: socket.outbox,
            incoming: socket.incoming,
            key,
            place,
            entered: Some(waiting),
            gate,
            next: None,
            has_ended: false,
        });
    }

    /// Reads until it has to wait for the client or the gate; ready when the connection is over.
    fn poll_messages(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let is_open = self.poll_gate(cx).is_ready();
            match self.next.take().filter(|_| !matches!(self.gate, Gate::Shut)) {
                Some(message) if is_open => {
                    self.publish(message);
                    continue;
                }
                Some(message) => {
                    self.next = Some(message);
                    self.worker.connections.set_held(self.place, true);
                    return Poll::Pending;
                }
                None => self.worker.connections.set_held(self.place, false),
            }
            match ready!(self.incoming.poll_next_unpin(cx)) {
                Some(Incoming::Text(message) | Incoming::Binary(message)) => self.next = Some(message),
                Some(Incoming::Ended(_)) | None => return Poll::Ready(()),
            }
        }
    }

    /// Ready when the next message may be sent, or never will.
    fn poll_gate(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            match &mut self.gate {
                Gate::Open => match self.entered.take() {
                    Some(entered) => self.gate = Gate::Entering(entered),
                    None => return Poll::Ready(()),
                },
                Gate::Shut => return Poll::Ready(()),
                Gate::Telling(told) => {
                    ready!(told.poll_unpin(cx));
                    self.gate = Gate::Open;
                }
                Gate::Entering(entered) => {
                    self.gate = match ready!(entered.poll_unpin(cx)) {
                        Ok(()) => Gate::Open,
                        Err(_) => Gate::Shut,
                    };
                }
                Gate::Sharing(message, share) => {
                    let share = ready!(share.poll_unpin(cx));
                    let message = std::mem::take(message);
                    // the semaphore is never closed
                    self.gate = share.map_or(Gate::Shut, |permit| self.tell_hub(message, permit));
                }
            }
        }
    }

    fn publish(&mut self, message: Bytes) {
        let shares = share_kib(&message).min(self.worker.handle.config.hub.in_flight_kib_max);
        let in_flight = &self.worker.handle.in_flight;
        self.gate = match Arc::clone(in_flight).try_acquire_many_owned(shares) {
            Ok(permit) => self.tell_hub(message, permit),
            Err(_) => Gate::Sharing(message, Arc::clone(in_flight).acquire_many_owned(shares).boxed_local()),
        };
    }

    fn tell_hub(&self, message: Bytes, permit: OwnedSemaphorePermit) -> Gate {
        tell(&self.worker.handle.hub, ClientData { key: self.key.clone(), message, permit })
    }

    /// Reports to the hub that the connection is over, but never before its start was reported.
    fn poll_leave(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Gate::Telling(told) = &mut self.gate {
            ready!(told.poll_unpin(cx));
        }
        let connections = &self.worker.connections;
        connections.leave(self.place);
        self.worker.guard.leave(self.place);
        if let Some(worker) = connections.actor().cloned() {
            mail::insist(&self.worker.handle.hub, LeaveKey { key: self.key.clone(), worker, place: self.place });
        }
        Poll::Ready(())
    }
}

impl Future for Connection {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        if !this.has_ended {
            this.outbox.register(cx);
            this.has_ended = this.poll_messages(cx).is_ready();
        }
        if this.has_ended {
            return this.poll_leave(cx);
        }
        // if the connection is broken, the read side notices at the next poll
        let _ = this.outbox.poll_flush(cx);
        Poll::Pending
    }
}

/// What a message counts against the in-flight limit: its bytes and overhead, in KiB.
fn share_kib(message: &Bytes) -> u32 {
    u32::try_from(message.len() / 1024).map_or(u32::MAX, |kib| kib.saturating_add(1))
}

/// Sends the hub a message now, or as soon as its mailbox has room.
fn tell<M>(hub: &Addr<WsHub>, message: M) -> Gate
where
    WsHub: Handler<M>,
    <WsHub as Actor>::Context: ToEnvelope<WsHub, M>,
    M: Message<Result = ()> + Send + 'static,
{
    match hub.try_send(message) {
        Err(SendError::Full(message)) => Gate::Telling(hub.send(message).map(|_| ()).boxed_local()),
        // a stopped hub accepts nothing, and the process is about to end
        Ok(()) | Err(SendError::Closed(_)) => Gate::Open,
    }
}
