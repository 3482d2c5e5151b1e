//! The interface of a wire protocol: decodes frames into requests, and encodes events as frames.
//!
//!  Sessions and deliveries know only [`Request`]s and [`Event`]s. How a protocol names things, correlates its answers
//!  and puts several requests into a frame is confined to its own folder.

use crate::cluster::Envelope;
use crate::event::Event;
use crate::frame::Opcode;
use crate::request::Request;
use crate::{Address, CloseCode, ErrorCode, Limits, Position};
use bytes::Bytes;

/// Why a frame was refused. No request in it was executed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DecodeError {
    /// Code for the client.
    pub code: ErrorCode,
    /// What is wrong and where.
    pub message: String,
    /// Whether the frame is syntactically valid: its client speaks the protocol, and a single request is at fault.
    pub well_formed: bool,
    /// The id of the request at fault, if it could be read.
    pub re: Option<String>,
    /// For a frame with several requests: their ids as far as they could be read, at most 256. None of them was
    /// executed.
    pub not_done: Vec<String>,
}

/// One wire protocol in one of its encodings. Keeps no state of a connection: an answer is matched to its request by
/// `re`, which the protocol chooses and gets back unchanged.
pub trait WireProtocol: Sync {
    /// The name of the subprotocol that selects it (RFC 6455, section 1.9).
    fn subprotocol(&self) -> &'static str;

    /// The opcode of its messages; a message with the other opcode is refused before it is decoded.
    fn opcode(&self) -> Opcode;

    /// Decodes a message into one or more requests, in order. A request that is invalid on its own becomes
    /// [`Want::Unreadable`](crate::request::Want::Unreadable); an error refuses the whole message. Never panics.
    fn decode<'a>(&self, message: &'a [u8], limits: &Limits) -> Result<Vec<Request<'a>>, DecodeError>;

    /// A publication as a whole frame; `None` if the protocol cannot express it. `pos` is absent for a publication that
    /// is in no log.
    fn publication(&self, envelope: &Envelope<'_>, pos: Option<Position>) -> Option<Bytes>;

    /// An event as a whole frame; `None` if the protocol cannot express it. `to` is the address it is about, `re` the
    /// request it answers.
    fn event(&self, event: &Event<'_>, to: Option<&Address>, re: Option<&str>) -> Option<Bytes>;

    /// Whether a client gets its own publication in the stream of its user, as it does in channels.
    fn returns_own(&self) -> bool {
        false
    }

    /// Whether clients know close codes that are an application's own.
    fn has_own_closes(&self) -> bool {
        false
    }

    /// The frame that tests whether a client is alive. `visible`: the client asked for one that its application can
    /// see.
    fn heartbeat(&self, visible: bool) -> Bytes;

    /// The protocol's close code for one of ours; `reason` is the reason that goes with it.
    fn close(&self, code: CloseCode, reason: &str) -> u16;
}
