//! An outbox that inspects what the node sends to a client.
//!
//! A client does not resubscribe by itself to a channel to which the server subscribed it. When such a client has
//! missed something, the node closes its connection, and the client reconnects and learns whether it has recovered.
//! Subscriptions with deltas get them here.

use super::deltas::Deltas;
use bytes::Bytes;
use hubwire_actors::outbox::{Offer, Outbox};
use hubwire_protocol::centrifuge::codes::{self, Disconnect};
use hubwire_protocol::centrifuge::reply::{Body, Pushed, Reply, Unsubscribed};
use hubwire_protocol::centrifuge::Format;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll};

/// Longer than any unsubscribe push.
const PUSH_BYTES_MAX: usize = 512;

/// The write side of a connection with either; see the module.
pub(super) struct Told {
    outbox: Rc<dyn Outbox>,
    format: Format,
    /// The channels to which the server subscribed the client.
    by_server: Box<[String]>,
    /// Present if a namespace has deltas.
    deltas: Option<Rc<Deltas>>,
}

impl Told {
    /// Wraps an outbox, if there is anything to inspect.
    pub fn over(
        outbox: Rc<dyn Outbox>,
        format: Format,
        by_server: Vec<String>,
        deltas: Option<Rc<Deltas>>,
    ) -> Rc<dyn Outbox> {
        match by_server.is_empty() && deltas.is_none() {
            true => outbox,
            false => Rc::new(Told { outbox, format, by_server: by_server.into(), deltas }),
        }
    }

    /// Whether a frame ends a subscription by the server because of a gap.
    fn is_gap(&self, frame: &Bytes) -> bool {
        let reason = codes::INSUFFICIENT_STATE_CLOSE.reason;
        if frame.len() > PUSH_BYTES_MAX || !frame.windows(reason.len()).any(|it| it == reason.as_bytes()) {
            return false;
        }
        let gap = Pushed::Unsubscribe(Unsubscribed { code: codes::INSUFFICIENT_STATE, reason });
        let mut channels = self.by_server.iter();
        channels.any(|name| self.format.frame(&[Reply { id: 0, body: Body::push(name, gap.clone()) }]) == *frame)
    }
}

impl Outbox for Told {
    fn offer(&self, frame: &Bytes) -> Offer {
        match &self.deltas {
            Some(deltas) => deltas.offer(self.format, &*self.outbox, frame),
            None => self.outbox.offer(frame),
        }
    }

    fn offer_reply(&self, frame: &Bytes) -> Offer {
        if !self.is_gap(frame) {
            self.deltas.iter().for_each(|deltas| deltas.note(self.format, frame));
            return self.outbox.offer_reply(frame);
        }
        let Disconnect { code, reason } = codes::INSUFFICIENT_STATE_CLOSE;
        self.outbox.close(code, reason);
        Offer::Closed
    }

    fn offer_ping(&self, frame: &Bytes) -> Offer {
        self.outbox.offer_ping(frame)
    }

    fn take_pinged(&self) -> bool {
        self.outbox.take_pinged()
    }

    fn queued_bytes(&self) -> usize {
        self.outbox.queued_bytes()
    }

    fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.outbox.poll_flush(cx)
    }

    fn wake(&self) {
        self.outbox.wake();
    }

    fn register(&self, cx: &Context<'_>) {
        self.outbox.register(cx);
    }

    fn close(&self, code: u16, reason: &str) {
        self.outbox.close(code, reason);
    }

    fn abort(&self) {
        self.outbox.abort();
    }

    fn is_closing(&self) -> bool {
        self.outbox.is_closing()
    }

    fn closed_with(&self) -> Option<u16> {
        self.outbox.closed_with()
    }

    fn take_heard(&self) -> bool {
        self.outbox.take_heard()
    }

    fn set_paused(&self, paused: bool) {
        self.outbox.set_paused(paused);
    }

    fn is_peer_gone(&self) -> bool {
        self.outbox.is_peer_gone()
    }

    fn written_bytes(&self) -> u64 {
        self.outbox.written_bytes()
    }
}
