//! Splits the bytes of a server into frames (RFC 6455, section 5.2) for the light socket: unmasked and unfragmented
//! messages.

use crate::socket::SocketError;

/// Longest payload accepted from a server, in bytes.
const PAYLOAD_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// A frame from a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerFrame<'a> {
    /// A text or binary message.
    Message(&'a [u8]),
    /// A ping; the light socket answers it by itself.
    Ping(&'a [u8]),
    /// A pong.
    Pong,
    /// The close frame.
    Close {
        /// The close code, if there is one.
        code: Option<u16>,
        /// The close reason.
        reason: &'a str,
    },
}

/// The bytes of an incomplete frame.
#[derive(Debug, Default)]
pub struct FrameSplitter {
    kept: Vec<u8>,
}

impl FrameSplitter {
    /// Starts with bytes that arrived together with the handshake response.
    pub fn beginning_with(bytes: &[u8]) -> Self {
        FrameSplitter { kept: bytes.to_vec() }
    }

    /// Passes every complete frame to `each`; keeps the rest.
    pub fn push(&mut self, bytes: &[u8], mut each: impl FnMut(ServerFrame<'_>)) -> Result<(), SocketError> {
        if self.kept.is_empty() {
            let taken = split(bytes, &mut each)?;
            self.kept.extend_from_slice(&bytes[taken..]);
            return Ok(());
        }
        self.kept.extend_from_slice(bytes);
        let taken = split(&self.kept, &mut each)?;
        match taken == self.kept.len() {
            // thousands of idle sockets must not hold buffers
            true => self.kept = Vec::new(),
            false => drop(self.kept.drain(..taken)),
        }
        Ok(())
    }
}

/// Passes on complete frames; returns how many bytes they took.
fn split(bytes: &[u8], each: &mut impl FnMut(ServerFrame<'_>)) -> Result<usize, SocketError> {
    let mut at = 0;
    while let Some((opcode, start, end)) = first(&bytes[at..])? {
        let payload = &bytes[at + start..at + end];
        each(match opcode {
            1 | 2 => ServerFrame::Message(payload),
            9 => ServerFrame::Ping(payload),
            10 => ServerFrame::Pong,
            8 => close(payload),
            other => return Err(SocketError::Frame(format!("opcode {other:#x}"))),
        });
        at += end;
    }
    Ok(at)
}

/// Opcode, start and end of the payload of the first frame; `None` if it is incomplete.
fn first(bytes: &[u8]) -> Result<Option<(u8, usize, usize)>, SocketError> {
    let [head, length, rest @ ..] = bytes else { return Ok(None) };
    if head & 0xf0 != 0x80 {
        return Err(SocketError::Frame("a fragment or a reserved bit".into()));
    }
    if length & 0x80 != 0 {
        return Err(SocketError::Frame("a masked frame of a server".into()));
    }
    let (start, payload_bytes) = match (length, rest) {
        (126, [a, b, ..]) => (4, u64::from(u16::from_be_bytes([*a, *b]))),
        (127, [a, b, c, d, e, f, g, h, ..]) => (10, u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h])),
        (126 | 127, _) => return Ok(None),
        (short, _) => (2, u64::from(*short)),
    };
    if payload_bytes > PAYLOAD_BYTES_MAX {
        return Err(SocketError::Frame(format!("a frame of {payload_bytes} bytes")));
    }
    let end = start + payload_bytes as usize; // fits: it is bounded above
    Ok((bytes.len() >= end).then_some((head & 0x0f, start, end)))
}

fn close(payload: &[u8]) -> ServerFrame<'_> {
    match payload {
        [a, b, reason @ ..] => ServerFrame::Close {
            code: Some(u16::from_be_bytes([*a, *b])),
            reason: std::str::from_utf8(reason).unwrap_or_default(),
        },
        _ => ServerFrame::Close { code: None, reason: "" },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hubwire_protocol::frame::{close, frame, Opcode};

    fn shown(splitter: &mut FrameSplitter, bytes: &[u8]) -> Vec<String> {
        let mut frames = Vec::new();
        splitter.push(bytes, |frame| frames.push(format!("{frame:?}"))).unwrap();
        frames
    }

    #[test]
    fn frames_come_whole_wherever_the_stream_is_cut() {
        let long = "x".repeat(70_000);
        let stream = [
            frame(Opcode::Text, b"hi"),
            frame(Opcode::Ping, b""),
            frame(Opcode::Binary, &[7; 200]),
            frame(Opcode::Text, long.as_bytes()),
            close(4000, "draining"),
        ]
        .concat();
        let whole = shown(&mut FrameSplitter::default(), &stream);
        assert_eq!(whole.len(), 5);
        assert_eq!(whole[4], "Close { code: Some(4000), reason: \"draining\" }");
        for cut in [1, 2, 3, 5, 7, 150, 213, 220, 300, stream.len() - 1] {
            let mut splitter = FrameSplitter::beginning_with(&stream[..cut]);
            assert_eq!(shown(&mut splitter, &stream[cut..]), whole, "cut at {cut}");
            assert!(splitter.kept.is_empty());
        }
    }

    #[test]
    fn what_no_server_of_ours_sends_is_an_error() {
        for wrong in [&[0x01, 0][..], &[0xc1, 0], &[0x81, 0x80], &[0x83, 0], &[0x82, 127, 1, 0, 0, 0, 0, 0, 0, 0]] {
            assert!(FrameSplitter::default().push(wrong, |_| {}).is_err(), "{wrong:?}");
        }
    }
}
