//! `hubwire.v1` as a dialect: its actions become requests, and events become its `@@hub/` actions.

use super::action::{Action, HubMeta};
use super::{parse, Codec};
use crate::cluster::{Envelope, CAME, GONE};
use crate::dialect::{DecodeError, WireProtocol};
use crate::event::Event;
use crate::frame::{frame, Opcode};
use crate::request::{Publish, Request, Want};
use crate::{Address, CloseCode, Limits, Position};
use bytes::Bytes;

impl WireProtocol for Codec {
    fn subprotocol(&self) -> &'static str {
        Codec::subprotocol(*self)
    }

    fn opcode(&self) -> Opcode {
        Codec::opcode(*self)
    }

    fn decode<'a>(&self, message: &'a [u8], limits: &Limits) -> Result<Vec<Request<'a>>, DecodeError> {
        self.read(message, limits, request)
    }

    fn publication(&self, envelope: &Envelope<'_>, pos: Option<Position>) -> Option<Bytes> {
        // clients of this protocol are told of users, not of sessions
        let is_told = ![CAME, GONE].contains(&envelope.kind);
        is_told.then(|| Codec::publication(*self, envelope, pos))
    }

    fn event(&self, event: &Event<'_>, to: Option<&Address>, re: Option<&str>) -> Option<Bytes> {
        Some(self.control(event, to, re))
    }

    fn heartbeat(&self, visible: bool) -> Bytes {
        match visible {
            true => self.control(&Event::Ping {}, None, None),
            false => frame(Opcode::Ping, b""),
        }
    }

    fn close(&self, code: CloseCode, _: &str) -> u16 {
        code.code()
    }
}

/// The request of an action. The `id` serves two purposes: the answer repeats it, and it makes a publication
/// idempotent.
fn request(action: Action<'_>) -> Request<'_> {
    let want = match action.is_control() {
        true => {
            parse::parse(&action).unwrap_or_else(|DecodeError { code, message, .. }| Want::Unreadable { code, message })
        }
        false => {
            let Action { kind, payload, error, meta, hub } = action;
            let HubMeta { to, id, ephemeral, narrowing } = hub;
            let publish = Publish { id: id.clone(), kind, payload, error, meta, ephemeral, narrowing };
            return Request { re: id, to, want: Want::Publish(publish) };
        }
    };
    Request { re: action.hub.id, to: action.hub.to, want }
}
