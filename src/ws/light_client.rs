//! A client socket that costs little: for the load tool, which holds thousands of them on one thread.
//!
//! All sockets of a thread read into one buffer; a socket at rest owns no memory beside its state. Messages to send are
//! pushed, and leave together with the next flush.

use super::client::ClientError;
use super::mask::unmask;
use super::server_frames::{FrameSplitter, ServerFrame};
use actix_http::ws::hash_key;
use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;
use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, Interest};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::http::Uri;

/// Longest head of an answer to the handshake.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// The buffer all sockets of a thread read into.
#[derive(Debug, Clone)]
pub struct ReadBuffer(Rc<RefCell<Vec<u8>>>);

impl Default for ReadBuffer {
    fn default() -> Self {
        ReadBuffer(Rc::new(RefCell::new(vec![0; 64 * 1024])))
    }
}

/// The socket; shared by who sends and who reads.
pub struct LightSocket {
    io: TcpStream,
    is_binary: bool,
    unsent: RefCell<Vec<u8>>,
}

/// The reading side.
pub struct LightReader {
    splitter: FrameSplitter,
    buffer: ReadBuffer,
    /// What came with the answer to the handshake was not looked at yet.
    is_fresh: bool,
}

/// Opens a socket with one subprotocol and further headers. `is_binary` says what kind of messages will be sent.
pub async fn open_light(
    url: &str,
    subprotocol: &str,
    is_binary: bool,
    headers: &[(&str, String)],
    buffer: &ReadBuffer,
) -> Result<(LightSocket, LightReader), ClientError> {
    let uri: Uri = url.parse().map_err(|_| ClientError::Scheme(url.to_owned()))?;
    let (Some("ws"), Some(host)) = (uri.scheme_str(), uri.host()) else {
        return Err(ClientError::Scheme(url.to_owned()));
    };
    // an IPv6 address stands in brackets in a URL
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let mut io = TcpStream::connect((name, uri.port_u16().unwrap_or(80))).await?;
    io.set_nodelay(true)?;
    let key = STANDARD.encode(rand::random::<[u8; 16]>());
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let authority = uri.authority().map_or(host, |authority| authority.as_str());
    let mut request = format!(
        "GET {path} HTTP/1.1\r\nHost: {authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: {subprotocol}\r\n"
    );
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    io.write_all((request + "\r\n").as_bytes()).await?;
    let (head, rest) = read_head(&mut io).await?;
    check_head(&mut io, &head, &rest, &hash_key(key.as_bytes())).await?;
    let reader = LightReader {
        splitter: FrameSplitter::beginning_with(&rest),
        buffer: buffer.clone(),
        is_fresh: !rest.is_empty(),
    };
    Ok((LightSocket { io, is_binary, unsent: RefCell::default() }, reader))
}

/// The head of the answer, and what came behind it.
async fn read_head(io: &mut TcpStream) -> Result<(String, Vec<u8>), ClientError> {
    let mut bytes = Vec::with_capacity(1024);
    loop {
        if io.read_buf(&mut bytes).await? == 0 {
            return Err(ClientError::Frame("the connection ended within the handshake".into()));
        }
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let rest = bytes.split_off(end + 4);
            return Ok((String::from_utf8_lossy(&bytes).into_owned(), rest));
        }
        if bytes.len() > HEAD_BYTES_MAX {
            return Err(ClientError::Frame("an answer to the handshake without end".into()));
        }
    }
}

async fn check_head(io: &mut TcpStream, head: &str, rest: &[u8], accept: &[u8]) -> Result<(), ClientError> {
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    let header = |wanted: &str| {
        let mut fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
        fields.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
    };
    match status {
        Some(101) if header("sec-websocket-accept").map(str::as_bytes) == Some(accept) => Ok(()),
        Some(101) => Err(ClientError::Frame("a wrong Sec-WebSocket-Accept".into())),
        Some(status) => {
            let length = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
            let mut body = rest.to_vec();
            // a body that is cut is shown as far as it came
            let missing: usize = HEAD_BYTES_MAX.min(length).saturating_sub(body.len());
            let _ = io.take(missing as u64).read_to_end(&mut body).await;
            Err(ClientError::Refused { status, body: String::from_utf8_lossy(&body).into_owned() })
        }
        None => Err(ClientError::Frame("an answer to the handshake that is not HTTP".into())),
    }
}

impl LightSocket {
    /// Adds a message to what the next flush sends.
    pub fn push(&self, payload: &[u8]) {
        self.push_frame(if self.is_binary { 2 } else { 1 }, payload);
    }

    /// Writes until all that was pushed is with the kernel.
    pub async fn flush(&self) -> Result<(), ClientError> {
        while !self.write_some()? {
            self.io.writable().await?;
        }
        Ok(())
    }

    /// Ends the connection as a crash or a cut cable would look to the server: with a reset, without a close frame.
    pub fn cut(self) {
        // without it the end is an orderly one, which is the next best
        let _ = socket2::SockRef::from(&self.io).set_linger(Some(std::time::Duration::ZERO));
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

    /// Writes what the kernel takes now; whether that was all.
    fn write_some(&self) -> Result<bool, ClientError> {
        let mut unsent = self.unsent.borrow_mut();
        while !unsent.is_empty() {
            match self.io.try_write(&unsent) {
                Ok(count) if count == unsent.len() => *unsent = Vec::new(),
                Ok(count) => drop(unsent.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(true)
    }
}

impl LightReader {
    /// Waits for bytes and hands the messages, and the close, to `each`. `false` when the connection ended.
    pub async fn read(
        &mut self,
        socket: &LightSocket,
        mut each: impl FnMut(ServerFrame<'_>),
    ) -> Result<bool, ClientError> {
        if std::mem::take(&mut self.is_fresh) {
            self.splitter.push(&[], |frame| take(socket, frame, &mut each))?;
            return Ok(true);
        }
        loop {
            let has_unsent = !socket.unsent.borrow().is_empty();
            let interest = if has_unsent { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE };
            socket.io.ready(interest).await?;
            socket.write_some()?;
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

/// Answers a ping; anything else is for the caller.
fn take(socket: &LightSocket, frame: ServerFrame<'_>, each: &mut impl FnMut(ServerFrame<'_>)) {
    match frame {
        ServerFrame::Ping(payload) => {
            socket.push_frame(10, payload);
            // what the kernel does not take now leaves with the next read, and an error is the next read's too
            let _ = socket.write_some();
        }
        frame => each(frame),
    }
}
