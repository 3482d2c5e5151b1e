//! A socket without an actor: each message gets at most one answer.

use super::endpoint::Socket;
use bytes::Bytes;
use futures_util::StreamExt;
use hubwire_actors::outbox::{Incoming, Offer, Outbox};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Runs a socket until it ends. While the outbox is full, nothing is read: the last answer waits for room.
pub(super) struct Answering<F> {
    socket: Socket,
    answer: F,
    held: Option<Bytes>,
}

impl<F> Answering<F> {
    /// Answers each message with the result of `answer`.
    pub(super) fn new(socket: Socket, answer: F) -> Self {
        Answering { socket, answer, held: None }
    }
}

impl<F: FnMut(Incoming) -> Option<Bytes> + Unpin> Answering<F> {
    /// Answers until it has to wait for the peer or the outbox; ready when the connection has ended.
    fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if let Some(frame) = self.held.take() {
                if self.socket.outbox.offer(&frame) == Offer::Full {
                    self.held = Some(frame);
                    return Poll::Pending;
                }
            }
            match self.socket.incoming.poll_next_unpin(cx) {
                Poll::Ready(Some(Incoming::Ended(_)) | None) => return Poll::Ready(()),
                Poll::Ready(Some(message)) => self.held = (self.answer)(message),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl<F: FnMut(Incoming) -> Option<Bytes> + Unpin> Future for Answering<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        loop {
            this.socket.outbox.register(cx);
            if this.poll_answer(cx).is_ready() {
                return Poll::Ready(());
            }
            let flushed = this.socket.outbox.poll_flush(cx);
            if this.held.is_none() || flushed.is_pending() {
                return Poll::Pending;
            }
        }
    }
}
