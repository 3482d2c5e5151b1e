//! The interface of a wire protocol: from frames to requests, from events to frames.
//!
//! Sessions and deliveries know [`Request`]s and [`Event`]s only. How a protocol names things, numbers its answers and
//! puts several requests into a frame is known in its own folder, and nowhere else.

use crate::cluster::Envelope;
use crate::event::Event;
use crate::frame::Opcode;
use crate::request::Request;
use crate::{Address, CloseCode, ErrorCode, Limits, Position};
use bytes::Bytes;

/// Why a frame could not be taken. Nothing of the frame was done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DecodeError {
    /// Code for the client.
    pub code: ErrorCode,
    /// What is wrong and where.
    pub message: String,
    /// The frame is of its grammar: a client that sends it speaks the protocol, and one of its requests is at fault.
    pub well_formed: bool,
    /// The id of the request at fault, where it could be read.
    pub re: Option<String>,
    /// Of a frame with several requests: their ids, as far as they could be read and at most 256 of them.
    /// None was done.
    pub not_done: Vec<String>,
}

/// One wire protocol in one of its encodings. Keeps nothing of a connection: an answer is matched to its request by
/// `re`, which is the protocol's own and comes back as it was given.
pub trait WireProtocol: Sync {
    /// The name of the subprotocol that selects it (RFC 6455, section 1.9).
    fn subprotocol(&self) -> &'static str;

    /// What its messages are framed as; a message of the other kind is refused before it is decoded.
    fn opcode(&self) -> Opcode;

    /// Decodes a message into its one or many requests, in order. A request that is wrong by itself is
    /// [`Want::Unreadable`](crate::request::Want::Unreadable); an error refuses the message as a whole. Never panics.
    fn decode<'a>(&self, message: &'a [u8], limits: &Limits) -> Result<Vec<Request<'a>>, DecodeError>;

    /// A publication as a whole frame; `None` where its clients cannot be told it.
    /// `pos` is absent of one that is in no log.
    fn publication(&self, envelope: &Envelope<'_>, pos: Option<Position>) -> Option<Bytes>;

    /// An event as a whole frame; `None` where the protocol has no word for it. `to`: what it is about. `re`: the
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

    /// What is sent to hear whether a client is there. `visible`: the client asked for one that its application sees.
    fn heartbeat(&self, visible: bool) -> Bytes;

    /// The code of a close frame; `reason` is the one that goes with it.
    fn close(&self, code: CloseCode, reason: &str) -> u16;
}
