//! The protocol as a dialect.

use super::table::Rooms;
use super::{read, write};
use crate::cluster::Envelope;
use crate::dialect::{DecodeError, WireProtocol};
use crate::event::Event;
use crate::frame::{frame, Opcode};
use crate::request::Request;
use crate::{Address, CloseCode, ErrorCode, Limits, Position};
use bytes::Bytes;

/// Events in text frames, one per frame. If no rooms are configured, no frame can be decoded and no event is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Events;

impl WireProtocol for Events {
    fn subprotocol(&self) -> &'static str {
        "hubwire.rooms"
    }

    fn opcode(&self) -> Opcode {
        Opcode::Text
    }

    fn decode<'a>(&self, message: &'a [u8], limits: &Limits) -> Result<Vec<Request<'a>>, DecodeError> {
        let no_rooms = || DecodeError {
            code: ErrorCode::NotFound,
            message: "this node has no rooms (rooms.enabled)".into(),
            well_formed: false,
            re: None,
            not_done: Vec::new(),
        };
        read::requests(message, Rooms::installed().ok_or_else(no_rooms)?, limits)
    }

    fn publication(&self, envelope: &Envelope<'_>, pos: Option<Position>) -> Option<Bytes> {
        write::publication(envelope, pos, Rooms::installed()?)
    }

    fn event(&self, event: &Event<'_>, to: Option<&Address>, re: Option<&str>) -> Option<Bytes> {
        write::event(event, to, re, Rooms::installed()?)
    }

    fn heartbeat(&self, _: bool) -> Bytes {
        frame(Opcode::Ping, b"")
    }

    fn close(&self, code: CloseCode, _: &str) -> u16 {
        code.code()
    }
}
