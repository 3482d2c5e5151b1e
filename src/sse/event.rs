//! From frames to events.

use crate::reframed::Reframed;
use bytes::{BufMut, Bytes, BytesMut};
use hubwire_protocol::frame::parts;
use hubwire_protocol::SessionId;
use std::cell::RefCell;

/// How frames are written into a response.
pub(crate) struct Form {
    /// What the response says it is.
    pub content_type: &'static str,
    /// Sent when nothing else is: proxies end a response that is silent for long. The standard advises 15 s.
    pub comment: Option<Bytes>,
    /// What a frame becomes; nothing where it holds nothing for this client.
    pub messages: fn(&Bytes) -> Bytes,
    /// The same of a frame that many get; made once per worker.
    pub shared: fn(&Bytes) -> Bytes,
    /// The last of it: why it ends.
    pub close: fn(u16, &str) -> Bytes,
}

/// Nothing, to clients that read events.
pub(crate) const COMMENT: Bytes = Bytes::from_static(b":\n\n");

/// The events of hubwire's own clients.
pub(super) static EVENTS: Form = Form { content_type: CONTENT_TYPE, comment: Some(COMMENT), messages, shared, close };

/// What a response of events says it is.
pub(crate) const CONTENT_TYPE: &str = "text/event-stream";

thread_local! {
    static REFRAMED: RefCell<Reframed> = RefCell::default();
}

/// The first event: how the client names the session, and what lets it post to it.
pub(super) fn session(session: SessionId, key: &str) -> Bytes {
    format!("event: session\ndata: {{\"session\":\"{session}\",\"key\":\"{key}\"}}\n\n").into()
}

/// The last event.
fn close(code: u16, reason: &str) -> Bytes {
    let verdict = serde_json::json!({ "code": code, "reason": reason });
    format!("event: close\ndata: {verdict}\n\n").into()
}

/// What a frame that many get is as events; made once per worker.
fn shared(frames: &Bytes) -> Bytes {
    REFRAMED.with_borrow_mut(|reframed| reframed.of(frames, messages))
}

/// Each message as an event. Pings are nothing here.
pub(crate) fn messages(frames: &Bytes) -> Bytes {
    let mut out = BytesMut::with_capacity(frames.len() + 16);
    for part in parts(frames).filter(|part| part.is_message) {
        // an action as JSON may have line ends between its tokens; each line is one of the event
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
