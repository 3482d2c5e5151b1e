//! Parses a client's input, without I/O: bytes in, messages and control frames out (RFC 6455, sections 5 to 8).
//!
//! The length of a frame is checked when its header declares it, before memory is allocated, and text when its bytes
//! arrive. The caller lends its read buffer; only the received part of a message is kept. An idle reader has no heap
//! memory.

use super::close_frame;
use super::deflate::{inflate, NotInflated};
use super::frame_header::{self, Header, HeaderReader, Kind, Step};
use super::utf8::Utf8Check;
use super::violation::Violation;
use bytes::{Bytes, BytesMut};
use hubwire_protocol::mask::unmask;

/// The limits of a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReaderLimits {
    /// Longest message, all fragments together and inflated, in bytes. A longer one is refused with 1009.
    pub message_bytes_max: usize,
    /// Most fragments of one message. More are refused with 4429: empty fragments would cause unlimited work.
    pub fragments_max: u32,
}

/// The next message or control frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A whole text message; it is UTF-8.
    Text(Bytes),
    /// A whole binary message.
    Binary(Bytes),
    /// A ping, to be answered with the same payload.
    Ping(Bytes),
    /// A pong.
    Pong,
    /// A close frame, with its code when it had one. Nothing may follow it.
    Close(Option<u16>),
}

/// The state between two reads. What only a partial message has is boxed: there is one reader per socket.
#[derive(Debug)]
pub struct FrameReader {
    limits: ReaderLimits,
    header: HeaderReader,
    frame: Option<Box<Frame>>,
    message: Option<Box<Message>>,
}

/// A frame after its header.
#[derive(Debug)]
struct Frame {
    header: Header,
    read_bytes: u64,
    /// The received part of a control frame, which may come within a message and so needs its own buffer.
    control: Vec<u8>,
}

/// A partially received message.
#[derive(Debug)]
struct Message {
    is_text: bool,
    is_compressed: bool,
    fragments: u32,
    utf8: Utf8Check,
    payload: BytesMut,
}

impl FrameReader {
    /// A reader at the start of a stream.
    pub fn new(limits: ReaderLimits) -> Self {
        FrameReader { limits, header: HeaderReader::default(), frame: None, message: None }
    }

    /// Also accepts compressed messages (RFC 7692), which were negotiated.
    pub fn inflating(mut self) -> Self {
        self.header = HeaderReader::new(true);
        self
    }

    /// Consumes bytes from the front of `input` up to the end of the next event. `None` when all were consumed and no
    /// event is complete. After a violation the reader cannot be used any more.
    ///
    /// `input` is unmasked in place; consumed bytes have no meaning any more.
    pub fn next(&mut self, input: &mut &mut [u8]) -> Result<Option<Event>, Violation> {
        if let Some(message) = self.whole_message(input) {
            return message.map(Some);
        }
        loop {
            if self.frame.is_none() && !self.read_header(input)? {
                return Ok(None);
            }
            match self.read_payload(input)? {
                Payload::Cut => return Ok(None),
                Payload::Fragment => {}
                Payload::Event(event) => return Ok(Some(event)),
            }
        }
    }

    /// Whether the stream may end here without cutting a frame or message.
    pub fn is_at_boundary(&self) -> bool {
        self.frame.is_none() && self.message.is_none() && self.header.is_empty()
    }

    /// A message in one frame, all of it in the input, as nearly all messages are. `None` if the next one is not, or
    /// breaks a limit; then nothing was consumed.
    fn whole_message(&mut self, input: &mut &mut [u8]) -> Option<Result<Event, Violation>> {
        if !self.is_at_boundary() {
            return None;
        }
        let (header, header_bytes) = frame_header::of_whole_message(input)?;
        let payload_bytes = usize::try_from(header.payload_bytes).ok()?;
        if payload_bytes > self.limits.message_bytes_max || input.len() < header_bytes + payload_bytes {
            return None;
        }
        let (_, payload) = take(input, header_bytes + payload_bytes).split_at_mut(header_bytes);
        unmask(payload, header.mask, 0);
        if header.kind == Kind::Binary {
            return Some(Ok(Event::Binary(Bytes::copy_from_slice(payload))));
        }
        let is_text = std::str::from_utf8(payload).is_ok();
        Some(if is_text { Ok(Event::Text(Bytes::copy_from_slice(payload))) } else { Err(Violation::NotUtf8) })
    }

    /// Reads a header; `false` when the input ended first.
    fn read_header(&mut self, input: &mut &mut [u8]) -> Result<bool, Violation> {
        while let Some(&mut byte) = input.first_mut() {
            take(input, 1);
            match self.header.push(byte)? {
                Step::More => {}
                Step::Began { kind, is_final, is_compressed } => self.begin_fragment(kind, is_final, is_compressed)?,
                Step::Declared(payload_bytes) => self.judge_length(payload_bytes)?,
                Step::Whole(header) => {
                    self.frame = Some(Box::new(Frame { header, read_bytes: 0, control: Vec::new() }));
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn begin_fragment(&mut self, kind: Kind, is_final: bool, is_compressed: bool) -> Result<(), Violation> {
        match (&mut self.message, kind) {
            (None, Kind::Continuation) => Err(Violation::NothingToContinue),
            (Some(message), Kind::Continuation) => {
                message.fragments = message.fragments.saturating_add(1);
                // a last fragment ends the message and is always allowed
                if message.fragments > self.limits.fragments_max && !is_final {
                    return Err(Violation::TooManyFragments(self.limits.fragments_max));
                }
                Ok(())
            }
            (Some(_), _) => Err(Violation::Interleaved),
            (None, kind) => {
                let is_text = kind == Kind::Text;
                let (utf8, payload) = (Utf8Check::default(), BytesMut::new());
                self.message = Some(Box::new(Message { is_text, is_compressed, fragments: 1, utf8, payload }));
                Ok(())
            }
        }
    }

    /// Checks the declared length of a data frame together with the fragments before it.
    fn judge_length(&self, payload_bytes: u64) -> Result<(), Violation> {
        let Some(message) = &self.message else { return Ok(()) };
        let total = payload_bytes.saturating_add(message.payload.len() as u64);
        match total > self.limits.message_bytes_max as u64 {
            true => Err(Violation::TooBig(total)),
            false => Ok(()),
        }
    }

    /// Consumes the part of the frame's payload that is in the input.
    fn read_payload(&mut self, input: &mut &mut [u8]) -> Result<Payload, Violation> {
        let Some(mut frame) = self.frame.take() else { return Ok(Payload::Cut) };
        let header = frame.header;
        let left = header.payload_bytes - frame.read_bytes;
        let count = usize::try_from(left).map_or(input.len(), |left| left.min(input.len()));
        let piece = take(input, count);
        unmask(piece, header.mask, frame.read_bytes);
        frame.read_bytes += count as u64;
        let is_whole = frame.read_bytes == header.payload_bytes;
        let payload = match header.kind.is_control() {
            true => frame.read_control(piece, is_whole),
            false => self.read_data(piece, is_whole, header.is_final),
        };
        self.frame = (!is_whole).then_some(frame);
        payload
    }

    fn read_data(&mut self, piece: &[u8], is_whole: bool, is_final: bool) -> Result<Payload, Violation> {
        let Some(mut message) = self.message.take() else { return Ok(Payload::Cut) };
        let not_utf8 = |_| Violation::NotUtf8;
        // the text of a compressed message is checked when it is complete
        if message.is_text && !message.is_compressed {
            message.utf8.push(piece).map_err(not_utf8)?;
        }
        if !(is_whole && is_final) {
            // grows with received bytes, not with the declared length
            message.payload.extend_from_slice(piece);
            self.message = Some(message);
            return Ok(if is_whole { Payload::Fragment } else { Payload::Cut });
        }
        let payload = match (message.is_compressed, message.payload.is_empty()) {
            (true, true) => self.inflated(piece)?,
            (false, true) => Bytes::copy_from_slice(piece),
            (is_compressed, false) => {
                message.payload.extend_from_slice(piece);
                let payload = std::mem::take(&mut message.payload).freeze();
                if is_compressed {
                    self.inflated(&payload)?
                } else {
                    payload
                }
            }
        };
        if message.is_text {
            if message.is_compressed {
                message.utf8.push(&payload).map_err(not_utf8)?;
            }
            message.utf8.finish().map_err(not_utf8)?;
        }
        Ok(Payload::Event(if message.is_text { Event::Text(payload) } else { Event::Binary(payload) }))
    }
}

impl Frame {
    fn read_control(&mut self, piece: &[u8], is_whole: bool) -> Result<Payload, Violation> {
        if !is_whole {
            self.control.extend_from_slice(piece);
            return Ok(Payload::Cut);
        }
        let payload = match self.control.is_empty() {
            true => piece,
            false => {
                self.control.extend_from_slice(piece);
                &self.control
            }
        };
        Ok(Payload::Event(match self.header.kind {
            Kind::Close => Event::Close(close_frame::parse(payload)?),
            Kind::Ping => Event::Ping(Bytes::copy_from_slice(payload)),
            _ => Event::Pong,
        }))
    }
}

impl FrameReader {
    fn inflated(&self, payload: &[u8]) -> Result<Bytes, Violation> {
        let bytes_max = self.limits.message_bytes_max;
        inflate(payload, bytes_max).map_err(|error| match error {
            NotInflated::Malformed => Violation::NotDeflate,
            NotInflated::TooBig => Violation::TooBig(bytes_max as u64 + 1),
        })
    }
}

/// The result of consuming a piece of payload.
enum Payload {
    /// The frame goes on in the next input.
    Cut,
    /// The frame has ended, its message has not.
    Fragment,
    /// A message or control frame is whole.
    Event(Event),
}

/// Takes `count` bytes from the front; `count` is at most the length.
fn take<'a>(input: &mut &'a mut [u8], count: usize) -> &'a mut [u8] {
    let (front, rest) = std::mem::take(input).split_at_mut(count);
    *input = rest;
    front
}
