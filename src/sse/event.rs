//! Converts frames to events.

use crate::reframed::Reframed;
use bytes::{BufMut, Bytes, BytesMut};
use hubwire_protocol::frame::parts;
use hubwire_protocol::SessionId;
use std::cell::RefCell;

/// The form of frames in a response.
pub(crate) struct Form {
    /// The content type of the response.
    pub content_type: &'static str,
    /// Sent after a silence, because proxies end silent responses. The standard advises 15 s.
    pub comment: Option<Bytes>,
    /// Converts a frame; empty if it contains nothing for this client.
    pub messages: fn(&Bytes) -> Bytes,
    /// The same for a frame with many receivers; cached per worker.
    pub shared: fn(&Bytes) -> Bytes,
    /// The last event, with the reason of the end.
    pub close: fn(u16, &str) -> Bytes,
}

/// A comment, which event readers ignore.
pub(crate) const COMMENT: Bytes = Bytes::from_static(b":\n\n");

/// The events of hubwire's own clients.
pub(super) static EVENTS: Form = Form { content_type: CONTENT_TYPE, comment: Some(COMMENT), messages, shared, close };

/// The content type of events.
pub(crate) const CONTENT_TYPE: &str = "text/event-stream";

thread_local! {
    static REFRAMED: RefCell<Reframed> = RefCell::default();
}

/// The first event: the session's id, and the key for posting.
pub(super) fn session(session: SessionId, key: &str) -> Bytes {
    format!("event: session\ndata: {{\"session\":\"{session}\",\"key\":\"{key}\"}}\n\n").into()
}

/// The last event.
fn close(code: u16, reason: &str) -> Bytes {
    let verdict = serde_json::json!({ "code": code, "reason": reason });
    format!("event: close\ndata: {verdict}\n\n").into()
}

/// Converts a frame with many receivers; cached per worker.
fn shared(frames: &Bytes) -> Bytes {
    REFRAMED.with_borrow_mut(|reframed| reframed.of(frames, messages))
}

/// Converts each message to an event. Pings are dropped.
pub(crate) fn messages(frames: &Bytes) -> Bytes {
    let mut out = BytesMut::with_capacity(frames.len() + 16);
    for part in parts(frames).filter(|part| part.is_message) {
        // JSON may have line breaks between its tokens; each line becomes a line of the event
        for line in frames[part.payload].split(|byte| matches!(byte, b'\n' | b'\r')) {
            out.put_slice(b"data: ");
            out.put_slice(line);
            out.put_u8(b'\n');
        }
        out.put_u8(b'\n');
    }
    out.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hubwire_protocol::frame::{frame, Opcode};

    #[test]
    fn a_batch_is_as_many_events_and_line_ends_within_an_action_end_no_event() {
        let frames = [
            frame(Opcode::Text, br#"{"type":"a"}"#),
            frame(Opcode::Ping, b""),
            frame(Opcode::Text, b"{\n\"type\":\r\n\"b\"\n}"),
        ];
        let events = messages(&frames.concat().into());
        let expected = "data: {\"type\":\"a\"}\n\ndata: {\ndata: \"type\":\ndata: \ndata: \"b\"\ndata: }\n\n";
        assert_eq!(std::str::from_utf8(&events), Ok(expected));
    }

    #[test]
    fn a_reason_ends_no_event() {
        let event = close(4401, "a\n\nevent: b");
        assert_eq!(&event[..], b"event: close\ndata: {\"code\":4401,\"reason\":\"a\\n\\nevent: b\"}\n\n");
    }
}
