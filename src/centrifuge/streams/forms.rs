//! The forms of replies and pushes in a response: events, lines, or length-delimited messages.

use crate::centrifuge::uni;
use crate::reframed::Reframed;
use crate::sse::{messages as events, Form, COMMENT, CONTENT_TYPE};
use bytes::{BufMut, Bytes, BytesMut};
use hubwire_protocol::centrifuge::reply::{Body, Disconnected, Pushed, Reply};
use hubwire_protocol::centrifuge::Format;
use hubwire_protocol::frame::parts;
use std::cell::RefCell;

macro_rules! form {
    ($(#[$doc:meta])+ $name:ident, $content_type:expr, $comment:expr, $messages:path, $format:expr) => {
        $(#[$doc])+
        pub static $name: Form = {
            fn shared(frame: &Bytes) -> Bytes {
                thread_local! {
                    static REFRAMED: RefCell<Reframed> = RefCell::default();
                }
                REFRAMED.with_borrow_mut(|reframed| reframed.of(frame, $messages))
            }
            fn close(code: u16, reason: &str) -> Bytes {
                $messages(&disconnect($format, code, reason))
            }
            Form { content_type: $content_type, comment: $comment, messages: $messages, shared, close }
        };
    };
}

form! {
    /// JSON as server-sent events.
    EVENTS, CONTENT_TYPE, Some(COMMENT), events, Format::Json
}
form! {
    /// JSON, one per line.
    LINES, "application/json", None, lines, Format::Json
}
form! {
    /// Protobuf, each message after its length.
    MESSAGES, "application/octet-stream", None, contents, Format::Protobuf
}
form! {
    /// Pushes to a unidirectional client as server-sent events.
    UNI_EVENTS, CONTENT_TYPE, Some(COMMENT), uni_events, Format::Json
}
form! {
    /// Pushes to a unidirectional client, one per line.
    UNI_LINES, "application/json", None, uni_lines, Format::Json
}

/// A client of a response has no close frame to read.
fn disconnect(format: Format, code: u16, reason: &str) -> Bytes {
    let what = Pushed::Disconnect(Disconnected { code, reason });
    format.frame(&[Reply { id: 0, body: Body::push("", what) }])
}

fn lines(frames: &Bytes) -> Bytes {
    let mut out = BytesMut::with_capacity(frames.len());
    for part in parts(frames).filter(|part| part.is_message) {
        out.put_slice(&frames[part.payload]);
        out.put_u8(b'\n');
    }
    out.freeze()
}

fn contents(frames: &Bytes) -> Bytes {
    let mut out = BytesMut::with_capacity(frames.len());
    parts(frames).filter(|part| part.is_message).for_each(|part| out.put_slice(&frames[part.payload]));
    out.freeze()
}

fn uni_events(frames: &Bytes) -> Bytes {
    events(&uni::frames(frames))
}

fn uni_lines(frames: &Bytes) -> Bytes {
    lines(&uni::frames(frames))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_says_why_it_ends() {
        let said = [&EVENTS, &LINES, &UNI_EVENTS, &UNI_LINES].map(|form| (form.close)(3500, "invalid token"));
        let said = said.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap());
        let push = r#"{"push":{"disconnect":{"code":3500,"reason":"invalid token"}}}"#;
        let plain = r#"{"disconnect":{"code":3500,"reason":"invalid token"}}"#;
        let expected =
            [format!("data: {push}\n\n"), format!("{push}\n"), format!("data: {plain}\n\n"), format!("{plain}\n")];
        assert_eq!(said, expected);
        let message = (MESSAGES.close)(3500, "x");
        assert_eq!(message[0] as usize, message.len() - 1, "behind its length");
    }
}
