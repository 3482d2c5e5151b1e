//! The protocol as a dialect.

use super::channels::Channels;
use super::codes::Disconnect;
use super::command::Call;
use super::command::Command;
use super::json::{Malformed, Part};
use super::reply::{Body, Reply};
use super::request::request;
use super::{answer, json, protobuf};
use crate::cluster::Envelope;
use crate::dialect::{DecodeError, WireProtocol};
use crate::event::Event;
use crate::frame::{frame, Opcode};
use crate::request::Request;
use crate::{Address, CloseCode, ErrorCode, Limits, Position};
use bytes::Bytes;

/// The encoding of commands and replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON, in text frames.
    Json,
    /// Protobuf, in binary frames.
    Protobuf,
}

impl Format {
    /// The commands of a frame, each with its byte range. Never panics.
    pub fn commands(self, frame: &[u8], commands_max: usize) -> Result<Vec<Part<'_>>, Malformed> {
        match self {
            Format::Json => json::decode(frame, commands_max),
            Format::Protobuf => protobuf::decode(frame, commands_max),
        }
    }

    /// Appends a command to the content of a frame: `connect`, `subscribe`, `unsubscribe`, `publish` and `history` are
    /// encoded from `command`, any other is copied from `as_it_came`.
    pub fn put_command(self, out: &mut Vec<u8>, command: &Command<'_>, as_it_came: &[u8]) {
        match (self, &command.call) {
            (Format::Json, Some(Call::Connect(connect))) => json::put_call(out, command.id, "connect", connect),
            (Format::Json, Some(Call::Subscribe(it))) => json::put_call(out, command.id, "subscribe", it),
            (Format::Json, Some(Call::Unsubscribe(it))) => json::put_call(out, command.id, "unsubscribe", it),
            (Format::Protobuf, Some(Call::Unsubscribe(it))) => protobuf::put_unsubscribe(out, command.id, it),
            (Format::Json, Some(Call::Publish(it))) => json::put_call(out, command.id, "publish", it),
            (Format::Protobuf, Some(Call::Publish(it))) => protobuf::put_publish(out, command.id, it),
            (Format::Json, Some(Call::History(it))) => json::put_call(out, command.id, "history", it),
            (Format::Protobuf, Some(Call::History(it))) => protobuf::put_history(out, command.id, it),
            (Format::Protobuf, Some(Call::Connect(connect))) => protobuf::put_connect(out, command.id, connect),
            (Format::Protobuf, Some(Call::Subscribe(it))) => protobuf::put_subscribe(out, command.id, it),
            (_, _) => {
                if self == Format::Json && !out.is_empty() {
                    out.push(b'\n');
                }
                out.extend_from_slice(as_it_came);
            }
        }
    }

    /// Replies as one frame.
    pub fn frame(self, replies: &[Reply<'_>]) -> Bytes {
        let mut out = Vec::with_capacity(256);
        for reply in replies {
            match self {
                Format::Json => json::put_reply(&mut out, reply),
                Format::Protobuf => protobuf::put_reply(&mut out, reply),
            }
        }
        frame(self.opcode(), &out)
    }
}

impl WireProtocol for Format {
    fn subprotocol(&self) -> &'static str {
        match self {
            Format::Json => "centrifuge-json",
            Format::Protobuf => "centrifuge-protobuf",
        }
    }

    fn opcode(&self) -> Opcode {
        match self {
            Format::Json => Opcode::Text,
            Format::Protobuf => Opcode::Binary,
        }
    }

    fn decode<'a>(&self, message: &'a [u8], limits: &Limits) -> Result<Vec<Request<'a>>, DecodeError> {
        let parts = self.commands(message, limits.actions_max).map_err(|Malformed(message)| DecodeError {
            code: ErrorCode::BadSyntax,
            message,
            well_formed: false,
            re: None,
            not_done: Vec::new(),
        })?;
        let channels = Channels::installed();
        Ok(parts.into_iter().filter_map(|(command, _)| request(command, channels, limits)).collect())
    }

    fn publication(&self, envelope: &Envelope<'_>, pos: Option<Position>) -> Option<Bytes> {
        Some(self.frame(&[answer::publication(envelope, pos, Channels::installed())?]))
    }

    fn event(&self, event: &Event<'_>, to: Option<&Address>, re: Option<&str>) -> Option<Bytes> {
        let replies = answer::replies(event, to, re, Channels::installed());
        (!replies.is_empty()).then(|| self.frame(&replies))
    }

    fn returns_own(&self) -> bool {
        true
    }

    fn has_own_closes(&self) -> bool {
        true
    }

    fn heartbeat(&self, _: bool) -> Bytes {
        self.frame(&[Reply { id: 0, body: Body::Ping }])
    }

    fn close(&self, code: CloseCode, reason: &str) -> u16 {
        Disconnect::code_of(code, reason)
    }
}
