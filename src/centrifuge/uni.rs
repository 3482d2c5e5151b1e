//! Unidirectional clients: they authenticate, and from then on only receive. Messages to them have no reply envelope.

use crate::reframed::Reframed;
use crate::ws::{SocketIncoming, SocketOutbox};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use hubwire_actors::outbox::{Incoming, Offer, Outbox};
use hubwire_protocol::frame::{frame, parts, Opcode};
use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// The first frame of a client that sends only the content of a `connect`.
pub(super) fn connect(request: &[u8]) -> Bytes {
    let request = if request.is_empty() { b"{}" } else { request };
    [b"{\"id\":1,\"connect\":", request, b"}"].concat().into()
}

/// Frames of replies and pushes in the form for these clients.
pub(super) fn frames(frames: &Bytes) -> Bytes {
    let mut out = BytesMut::with_capacity(frames.len());
    for part in parts(frames) {
        match part.is_message {
            true => {
                let text = String::from_utf8_lossy(&frames[part.payload]);
                let told: Vec<String> = text.lines().filter_map(told).collect();
                if !told.is_empty() {
                    out.extend_from_slice(&frame(Opcode::Text, told.join("\n").as_bytes()));
                }
            }
            false => out.extend_from_slice(&frames[part.start..part.payload.end]),
        }
    }
    out.freeze()
}

/// A document without its envelope; `None` if a client that sends no commands does not need it.
fn told(document: &str) -> Option<String> {
    let push = document.strip_prefix("{\"push\":").and_then(|rest| rest.strip_suffix('}'));
    match push {
        Some(push) => Some(push.to_owned()),
        None if document == "{}" => Some(document.to_owned()),
        None => {
            let mut reply: serde_json::Value = serde_json::from_str(document).ok()?;
            let mut connect = reply.get_mut("connect")?.take();
            // it answers no ping and posts to no session
            connect.as_object_mut()?.retain(|key, _| !["pong", "session", "node"].contains(&key.as_str()));
            Some(serde_json::json!({ "connect": connect }).to_string())
        }
    }
}

thread_local! {
    static REFRAMED: RefCell<Reframed> = RefCell::default();
}

/// The write side of a socket whose client only receives.
pub(super) struct UniOutbox(pub Rc<SocketOutbox>);

impl Outbox for UniOutbox {
    fn offer(&self, frame: &Bytes) -> Offer {
        match REFRAMED.with_borrow_mut(|reframed| reframed.of(frame, frames)) {
            nothing if nothing.is_empty() => Offer::Taken,
            told => self.0.offer(&told),
        }
    }

    fn offer_reply(&self, frame: &Bytes) -> Offer {
        match frames(frame) {
            nothing if nothing.is_empty() => Offer::Taken,
            told => self.0.offer_reply(&told),
        }
    }

    /// The client reads the message, and its WebSocket layer answers the ping frame.
    fn offer_ping(&self, ping: &Bytes) -> Offer {
        self.0.offer_reply(&frame(Opcode::Ping, b""));
        self.0.offer_ping(ping)
    }

    fn queued_bytes(&self) -> usize {
        self.0.queued_bytes()
    }

    fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_flush(cx)
    }

    fn wake(&self) {
        self.0.wake();
    }

    fn register(&self, cx: &Context<'_>) {
        self.0.register(cx);
    }

    fn close(&self, code: u16, reason: &str) {
        self.0.close(code, reason);
    }

    fn abort(&self) {
        self.0.abort();
    }

    fn is_closing(&self) -> bool {
        self.0.is_closing()
    }

    fn closed_with(&self) -> Option<u16> {
        self.0.closed_with()
    }

    fn take_heard(&self) -> bool {
        self.0.take_heard()
    }

    fn set_paused(&self, paused: bool) {
        self.0.set_paused(paused);
    }

    fn is_peer_gone(&self) -> bool {
        self.0.is_peer_gone()
    }

    fn written_bytes(&self) -> u64 {
        self.0.written_bytes()
    }
}

/// The read side of a socket whose client only receives: further messages are ignored.
pub(super) struct Unheard(pub SocketIncoming);

impl Stream for Unheard {
    type Item = Incoming;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Incoming>> {
        loop {
            match self.0.poll_next_unpin(cx) {
                Poll::Ready(Some(Incoming::Text(_) | Incoming::Binary(_))) => {}
                other => return other,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_stands_by_itself_and_answers_are_left_out() {
        let text = [
            r#"{"id":1,"connect":{"client":"c1","ping":25,"pong":true,"session":"c1.k","node":"n1"}}"#,
            r#"{"push":{"channel":"a","pub":{"data":{"n":1}}}}"#,
            r#"{"id":2,"error":{"code":102,"message":"unknown channel"}}"#,
            "{}",
        ];
        let told = frames(&frame(Opcode::Text, text.join("\n").as_bytes()));
        let expected = [r#"{"connect":{"client":"c1","ping":25}}"#, r#"{"channel":"a","pub":{"data":{"n":1}}}"#, "{}"];
        assert_eq!(told, frame(Opcode::Text, expected.join("\n").as_bytes()));
        assert!(frames(&frame(Opcode::Text, br#"{"id":2,"publish":{}}"#)).is_empty());
        assert_eq!(&connect(b"")[..], br#"{"id":1,"connect":{}}"#);
    }
}
