//! The wire protocol `hubwire.v1`: strict Flux Standard Actions, in one of two encodings.

pub mod action;
mod bounds;
mod dialect;
mod fault;
pub mod json;
pub mod msgpack;
pub mod names;
mod parse;
mod part;
pub mod parts;
mod read;

use crate::cluster::Envelope;
use crate::dialect::DecodeError;
use crate::event::Event;
use crate::frame::{put_header, Opcode, HEADER_BYTES_MAX};
use crate::{Address, Limits, Position};
use action::Action;
use bytes::{Bytes, BytesMut};
use std::cell::RefCell;

/// The buffer of a thread is kept up to this size.
const FRAME_BYTES_KEPT: usize = 64 * 1024;

thread_local! {
    /// The frame that is being written.
    static FRAME: RefCell<BytesMut> = RefCell::default();
}

/// The encoding of actions on a connection; selected by the subprotocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Codec {
    /// `hubwire.v1.json`, text frames. The default if the client offers no subprotocol.
    Json,
    /// `hubwire.v1.msgpack`, binary frames.
    MsgPack,
}

impl Codec {
    /// Name of the subprotocol (RFC 6455, section 1.9).
    pub fn subprotocol(self) -> &'static str {
        match self {
            Codec::Json => "hubwire.v1.json",
            Codec::MsgPack => "hubwire.v1.msgpack",
        }
    }

    /// The codec with the name of a subprotocol.
    pub fn from_subprotocol(name: &str) -> Option<Codec> {
        [Codec::Json, Codec::MsgPack].into_iter().find(|codec| codec.subprotocol() == name)
    }

    /// The opcode of its frames.
    pub fn opcode(self) -> Opcode {
        match self {
            Codec::Json => Opcode::Text,
            Codec::MsgPack => Opcode::Binary,
        }
    }

    /// Decodes a message into one or more actions, in order.
    ///
    ///  `message` is at most `limits.frame_bytes_max` long (enforced by the frame reader, checked again here). Never
    ///  panics; allocates at most 8 times the input plus 64 KiB.
    pub fn decode<'a>(self, message: &'a [u8], limits: &Limits) -> Result<Vec<Action<'a>>, DecodeError> {
        self.read(message, limits, |action| action)
    }

    /// As [`Codec::decode`], and calls `make` for each action.
    fn read<'a, T>(
        self,
        message: &'a [u8],
        limits: &Limits,
        make: impl Fn(Action<'a>) -> T,
    ) -> Result<Vec<T>, DecodeError> {
        match self {
            Codec::Json => json::decode(message, limits, make),
            Codec::MsgPack => msgpack::decode(message, limits, make),
        }
    }

    /// Encodes a publication as a whole WebSocket frame. `pos` is absent on ephemeral ones.
    ///
    /// The envelope's payload and meta must be JSON texts that this crate's decoders produced.
    pub fn publication(self, envelope: &Envelope<'_>, pos: Option<Position>) -> Bytes {
        match self {
            Codec::Json => self.framed(|out| json::put_publication(out, envelope, pos)),
            Codec::MsgPack => self.framed(|out| msgpack::put_publication(out, envelope, pos)),
        }
    }

    /// Encodes a control action as a whole WebSocket frame.
    pub fn control(self, control: &Event<'_>, to: Option<&Address>, re: Option<&str>) -> Bytes {
        match self {
            Codec::Json => self.framed(|out| json::put_control(out, control, to, re)),
            Codec::MsgPack => self.framed(|out| msgpack::put_control(out, control, to, re)),
        }
    }

    /// Writes the payload behind space for the longest header, then the header directly before the payload. The thread
    /// writes all frames in one buffer: the copy of each has its size, and one allocation.
    fn framed(self, put: impl FnOnce(&mut BytesMut)) -> Bytes {
        FRAME.with_borrow_mut(|out| {
            out.clear();
            out.resize(HEADER_BYTES_MAX, 0);
            put(out);
            let mut header = [0; HEADER_BYTES_MAX];
            let mut rest = &mut header[..];
            put_header(&mut rest, self.opcode(), out.len() - HEADER_BYTES_MAX);
            let start = rest.len();
            out[start..HEADER_BYTES_MAX].copy_from_slice(&header[..HEADER_BYTES_MAX - start]);
            let frame = Bytes::copy_from_slice(&out[start..]);
            if out.capacity() > FRAME_BYTES_KEPT {
                *out = BytesMut::new();
            }
            frame
        })
    }
}

/// Whether a JSON text can be delivered as a payload in both encodings.
pub(crate) fn is_deliverable_json(text: &str, limits: &Limits) -> bool {
    json::is_deliverable(text, limits)
}

/// A publication as JSON text in the form of this protocol, for consumers other than its clients.
pub fn publication_json(envelope: &Envelope<'_>, pos: Option<Position>) -> Vec<u8> {
    let mut out = BytesMut::with_capacity(512);
    json::put_publication(&mut out, envelope, pos);
    out.into()
}
