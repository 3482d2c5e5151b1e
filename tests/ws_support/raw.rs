//! A client made of a TCP stream.

use super::frames;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;
use tokio::time::Instant;

/// Longest wait for anything.
pub const DEADLINE: Duration = Duration::from_secs(10);

pub struct Raw {
    pub stream: TcpStream,
    /// Compression was agreed on.
    inflates: bool,
}

/// A frame the server sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Got {
    pub opcode: u8,
    pub payload: Vec<u8>,
}

impl Raw {
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_write_timeout(Some(DEADLINE)).unwrap();
        Raw::over(stream)
    }

    /// A connection on which nothing was said yet.
    pub fn over(stream: TcpStream) -> Self {
        Raw { stream, inflates: false }
    }

    /// A socket whose handshake is done.
    pub fn open(address: SocketAddr, path: &str) -> Self {
        let mut raw = Raw::connect(address);
        raw.send(request(path, &[]).as_bytes());
        let head = raw.response_head();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        raw
    }

    /// A socket on which both sides agreed to compression.
    pub fn open_compressing(address: SocketAddr, path: &str) -> Self {
        let mut raw = Raw::connect(address);
        raw.send(request(path, &["Sec-WebSocket-Extensions: permessage-deflate"]).as_bytes());
        let head = raw.response_head();
        let agreed =
            "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover";
        assert!(head.starts_with("HTTP/1.1 101 ") && head.contains(agreed), "{head}");
        raw.inflates = true;
        raw
    }

    /// Writes; a server that ended the connection already is no failure here, what it said before is.
    pub fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// Reads up to the blank line.
    pub fn response_head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            match self.stream.read(&mut byte) {
                Ok(1) => head.push(byte[0]),
                end => panic!("{end:?} after {:?}", String::from_utf8_lossy(&head)),
            }
        }
        String::from_utf8(head).unwrap()
    }

    /// The next frame, or `None` at the end of the stream.
    pub fn read_frame(&mut self) -> io::Result<Option<Got>> {
        let mut head = [0; 2];
        match self.stream.read(&mut head[..1])? {
            0 => return Ok(None),
            _ => self.stream.read_exact(&mut head[1..])?,
        }
        let is_compressed = self.inflates && head[0] & 0x48 == 0x40;
        let plain = if is_compressed { head[0] & !0x40 } else { head[0] };
        assert_eq!(
            plain & 0xf0,
            0x80,
            "a server frame is whole and has no reserved bits but that of compressed messages"
        );
        assert_eq!(head[1] & 0x80, 0, "a server frame has no mask");
        let length = match head[1] {
            126 => u64::from(u16::from_be_bytes(self.array()?)),
            127 => u64::from_be_bytes(self.array()?),
            short => u64::from(short),
        };
        let mut payload = vec![0; length as usize];
        self.stream.read_exact(&mut payload)?;
        if is_compressed {
            payload.extend([0x00, 0x00, 0xff, 0xff, 0x03, 0x00]);
            payload =
                miniz_oxide::inflate::decompress_to_vec(&payload).expect("a message that is compressed by itself");
        }
        Ok(Some(Got { opcode: head[0] & 0x0f, payload }))
    }

    /// The code of the close frame that must come now.
    pub fn close_code(&mut self) -> Option<u16> {
        let got = self.read_frame().unwrap().expect("a close frame before the end");
        assert_eq!(got.opcode, frames::CLOSE, "{got:?}");
        code_of(&got)
    }

    /// Asserts that the server ends the connection, and says how long it took.
    pub fn assert_ends(&mut self) -> Duration {
        let begun = Instant::now();
        self.stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
        let mut bytes = [0; 64];
        match self.stream.read(&mut bytes) {
            Ok(0) => {}
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
            other => panic!("the connection did not end: {other:?}"),
        }
        begun.elapsed()
    }

    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.stream.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

/// The code of a close frame.
pub fn code_of(got: &Got) -> Option<u16> {
    got.payload.first_chunk().map(|code| u16::from_be_bytes(*code))
}

/// A request to upgrade, with further header lines.
pub fn request(path: &str, lines: &[&str]) -> String {
    let mut request = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    );
    for line in lines {
        request += line;
        request += "\r\n";
    }
    request + "\r\n"
}
