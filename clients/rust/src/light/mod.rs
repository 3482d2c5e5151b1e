//! A lightweight client socket for load tools, which hold thousands of them on one thread.
//!
//!  All sockets of a thread read into one buffer; an idle socket allocates nothing besides its state. Messages are
//!  queued, and sent together with the next flush.

mod frames;
mod stream;

pub use frames::ServerFrame;

use crate::socket::{SocketError, Trust};
use frames::FrameSplitter;
use hubwire_protocol::mask::unmask;
use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use stream::Stream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::http::Uri;

/// Longest head of a handshake response, in bytes.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// The buffer that all sockets of a thread read into.
#[derive(Debug, Clone)]
pub struct ReadBuffer(Rc<RefCell<Vec<u8>>>);

impl Default for ReadBuffer {
    fn default() -> Self {
        ReadBuffer(Rc::new(RefCell::new(vec![0; 64 * 1024])))
    }
}

/// The socket, shared by the sending and the reading side.
pub struct LightSocket {
    io: Stream,
    is_binary: bool,
    unsent: RefCell<Vec<u8>>,
}

/// The reading side.
pub struct LightReader {
    splitter: FrameSplitter,
    buffer: ReadBuffer,
    /// Whether bytes that arrived with the handshake response are still to be processed.
    is_fresh: bool,
}

/// The parameters of a light socket.
#[derive(Debug)]
pub struct LightRequest<'a> {
    /// The URL, with its query.
    pub url: &'a str,
    /// The subprotocol to offer.
    pub subprotocol: &'a str,
    /// Whether binary messages will be sent, instead of text.
    pub is_binary: bool,
    /// Additional HTTP headers.
    pub headers: &'a [(&'a str, String)],
    /// Certificate authorities that `wss://` trusts.
    pub trust: &'a Trust,
}

/// Opens a socket.
pub async fn open_light(
    request: &LightRequest<'_>,
    buffer: &ReadBuffer,
) -> Result<(LightSocket, LightReader), SocketError> {
    let scheme = || SocketError::Scheme(request.url.to_owned());
    let uri: Uri = request.url.parse().map_err(|_| scheme())?;
    let (port, trust) = match uri.scheme_str() {
        Some("ws") => (80, None),
        Some("wss") => (443, Some(request.trust)),
        _ => return Err(scheme()),
    };
    // a URL has brackets around an IPv6 address
    let host = uri.host().ok_or_else(scheme)?.trim_start_matches('[').trim_end_matches(']');
    let io = Stream::connect(host, uri.port_u16().unwrap_or(port), trust).await?;
    let key = generate_key();
    let socket = LightSocket { io, is_binary: request.is_binary, unsent: RefCell::new(head(request, &uri, &key)) };
    socket.flush().await?;
    let (head, rest) = read_head(&socket.io).await?;
    check_head(&socket.io, &head, rest.clone(), &derive_accept_key(key.as_bytes())).await?;
    let reader = LightReader {
        splitter: FrameSplitter::beginning_with(&rest),
        buffer: buffer.clone(),
        is_fresh: !rest.is_empty(),
    };
    Ok((socket, reader))
}

fn head(request: &LightRequest<'_>, uri: &Uri, key: &str) -> Vec<u8> {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let mut head = format!(
        "GET {path} HTTP/1.1\r\nHost: {authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: {}\r\n",
        request.subprotocol
    );
    for (name, value) in request.headers {
        head += &format!("{name}: {value}\r\n");
    }
    (head + "\r\n").into_bytes()
}

/// Waits for bytes and appends them; `false` at the end.
async fn read_more(io: &Stream, bytes: &mut Vec<u8>) -> io::Result<bool> {
    let mut some = [0; 1024];
    loop {
        match io.try_read(&mut some) {
            Ok(count) => {
                bytes.extend_from_slice(&some[..count]);
                return Ok(count > 0);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => io.ready(false).await?,
            Err(error) => return Err(error),
        }
    }
}

/// The head of the response, and the bytes behind it.
async fn read_head(io: &Stream) -> Result<(String, Vec<u8>), SocketError> {
    let mut bytes = Vec::with_capacity(1024);
    loop {
        if !read_more(io, &mut bytes).await? {
            return Err(SocketError::Frame("the connection ended within the handshake".into()));
        }
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let rest = bytes.split_off(end + 4);
            return Ok((String::from_utf8_lossy(&bytes).into_owned(), rest));
        }
        if bytes.len() > HEAD_BYTES_MAX {
            return Err(SocketError::Frame("an answer to the handshake without end".into()));
        }
    }
}

async fn check_head(io: &Stream, head: &str, rest: Vec<u8>, accept: &str) -> Result<(), SocketError> {
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    let header = |wanted: &str| {
        let mut fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
        fields.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
    };
    match status {
        Some(101) if header("sec-websocket-accept") == Some(accept) => Ok(()),
        Some(101) => Err(SocketError::Frame("a wrong Sec-WebSocket-Accept".into())),
        Some(status) => {
            let length = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
            let (mut body, wanted) = (rest, HEAD_BYTES_MAX.min(length));
            // if the body is truncated, show what there is
            while body.len() < wanted && read_more(io, &mut body).await.unwrap_or(false) {}
            let retry_after_s = header("retry-after").and_then(|seconds| seconds.parse().ok());
            let body = String::from_utf8_lossy(&body).into_owned();
            Err(SocketError::Refused { status, retry_after_s, body })
        }
        None => Err(SocketError::Frame("an answer to the handshake that is not HTTP".into())),
    }
}

impl LightSocket {
    /// Queues a message for the next flush.
    pub fn push(&self, payload: &[u8]) {
        self.push_frame(if self.is_binary { 2 } else { 1 }, payload);
    }

    /// Writes until the kernel has accepted everything queued.
    pub async fn flush(&self) -> Result<(), SocketError> {
        while !self.write_some()? {
            self.io.writable().await?;
        }
        Ok(())
    }

    /// Ends the connection with a reset and without a close frame, which looks to the server like a crash or a cut
    /// cable.
    pub fn cut(self) {
        self.io.reset_on_close();
    }

    fn push_frame(&self, opcode: u8, payload: &[u8]) {
        let mut unsent = self.unsent.borrow_mut();
        unsent.push(0x80 | opcode);
        match payload.len() {
            short @ 0..=125 => unsent.push(0x80 | short as u8),
            medium @ 126..=0xffff => {
                unsent.push(0x80 | 126);
                unsent.extend_from_slice(&(medium as u16).to_be_bytes());
            }
            long => {
                unsent.push(0x80 | 127);
                unsent.extend_from_slice(&(long as u64).to_be_bytes());
            }
        }
        let mask = rand::random::<[u8; 4]>();
        unsent.extend_from_slice(&mask);
        let start = unsent.len();
        unsent.extend_from_slice(payload);
        unmask(&mut unsent[start..], mask, 0); // masking is its own inverse
    }

    /// Waits until there may be something to read, or until pending bytes can be written; writes them.
    async fn wait(&self) -> Result<(), SocketError> {
        let has_unsent = !self.unsent.borrow().is_empty();
        self.io.ready(has_unsent).await?;
        self.write_some().map(drop)
    }

    /// Writes what the kernel accepts now; returns whether that was everything.
    fn write_some(&self) -> Result<bool, SocketError> {
        Ok(self.io.try_write(&mut self.unsent.borrow_mut())?)
    }
}

impl LightReader {
    /// Waits for bytes and passes messages and the close frame to `each`. `false` if the connection ended.
    pub async fn read(
        &mut self,
        socket: &LightSocket,
        mut each: impl FnMut(ServerFrame<'_>),
    ) -> Result<bool, SocketError> {
        if std::mem::take(&mut self.is_fresh) {
            self.splitter.push(&[], |frame| take(socket, frame, &mut each))?;
            return Ok(true);
        }
        loop {
            if !socket.io.has_plain() {
                socket.wait().await?;
            }
            let mut buffer = self.buffer.0.borrow_mut();
            match socket.io.try_read(&mut buffer) {
                Ok(0) => return Ok(false),
                Ok(count) => {
                    self.splitter.push(&buffer[..count], |frame| take(socket, frame, &mut each))?;
                    return Ok(true);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Answers a ping; passes on all other frames.
fn take(socket: &LightSocket, frame: ServerFrame<'_>, each: &mut impl FnMut(ServerFrame<'_>)) {
    match frame {
        ServerFrame::Ping(payload) => {
            socket.push_frame(10, payload);
            // the next read sends what remains and reports an error
            let _ = socket.write_some();
        }
        frame => each(frame),
    }
}
