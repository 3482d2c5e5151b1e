//! The subset of HTTP/1.1 (RFC 9112) that a stream needs: sequential requests on a connection, with streamed responses.

use crate::socket::{SocketError, Trust};
use rustls::pki_types::ServerName;
use std::io::{Error, ErrorKind, Result};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::http::Uri;

/// Longest head of a response, and longest line of a chunked body, in bytes.
const HEAD_MAX: u64 = 64 * 1024;
/// Longest piece of a body, in bytes; a longer chunk is split.
const PIECE_MAX: usize = 64 * 1024;

trait Io: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

/// The rest of a response's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body {
    /// This many bytes.
    Bytes(u64),
    /// This many bytes of a chunk; other chunks follow.
    Chunk(u64),
    /// Everything until the connection ends.
    UntilEnd,
}

/// A connection for sequential requests.
pub struct Exchange {
    io: BufReader<Box<dyn Io>>,
    body: Body,
    /// Seconds to wait before the next attempt, from the last response.
    pub retry_after_s: Option<u64>,
}

impl Exchange {
    /// Connects to the host of a `ws://` or `wss://` URL.
    pub async fn open(url: &Uri, trust: &Trust) -> std::result::Result<Self, SocketError> {
        let is_tls = url.scheme_str() == Some("wss");
        let host = url.host().unwrap_or_default().trim_matches(['[', ']']);
        let port = url.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let tcp = TcpStream::connect((host, port)).await?;
        // disables Nagle's algorithm: small posts are sent at once
        tcp.set_nodelay(true)?;
        let io: Box<dyn Io> = match is_tls {
            false => Box::new(tcp),
            true => {
                let name = ServerName::try_from(host.to_owned())
                    .map_err(|error| Error::new(ErrorKind::InvalidInput, error))?;
                Box::new(TlsConnector::from(trust.config()).connect(name, tcp).await?)
            }
        };
        Ok(Exchange { io: BufReader::new(io), body: Body::Bytes(0), retry_after_s: None })
    }

    /// Sends a request and returns the status of the response.
    pub async fn ask(&mut self, head: &str, body: &[u8]) -> Result<u16> {
        self.io.get_mut().write_all(&[head.as_bytes(), body].concat()).await?;
        self.io.get_mut().flush().await?;
        let first = self.line().await?;
        let status = first.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(|| invalid(&first))?;
        self.body = Body::UntilEnd;
        self.retry_after_s = None;
        loop {
            let line = self.line().await?;
            let Some((name, value)) = line.split_once(':') else {
                return if line.is_empty() { Ok(status) } else { Err(invalid(&line)) };
            };
            match (name.to_ascii_lowercase().as_str(), value.trim()) {
                ("transfer-encoding", value) if value.eq_ignore_ascii_case("chunked") => self.body = Body::Chunk(0),
                ("content-length", value) if self.body == Body::UntilEnd => {
                    self.body = Body::Bytes(value.parse().map_err(|_| invalid(value))?);
                }
                ("retry-after", value) => self.retry_after_s = value.parse().ok(),
                _ => {}
            }
        }
    }

    /// The next piece of the body; `None` at its end.
    pub async fn piece(&mut self) -> Result<Option<Vec<u8>>> {
        if self.body == Body::Chunk(0) {
            let line = self.line().await?;
            let length = u64::from_str_radix(line.split(';').next().unwrap_or_default().trim(), 16);
            self.body = Body::Chunk(length.map_err(|_| invalid(&line))?);
            if self.body == Body::Chunk(0) {
                while !self.line().await?.is_empty() {}
                self.body = Body::Bytes(0);
            }
        }
        let left = match self.body {
            Body::Bytes(0) => return Ok(None),
            Body::Bytes(left) | Body::Chunk(left) => left,
            Body::UntilEnd => u64::MAX,
        };
        let mut piece = vec![0; PIECE_MAX.min(usize::try_from(left).unwrap_or(PIECE_MAX))];
        let length = self.io.read(&mut piece).await?;
        piece.truncate(length);
        let left = left - length as u64;
        match self.body {
            Body::UntilEnd if length == 0 => return Ok(None),
            _ if length == 0 => return Err(ErrorKind::UnexpectedEof.into()),
            Body::UntilEnd => {}
            Body::Bytes(_) => self.body = Body::Bytes(left),
            Body::Chunk(_) => {
                self.body = Body::Chunk(left);
                if left == 0 && !self.line().await?.is_empty() {
                    return Err(invalid("a chunk that is longer than it says"));
                }
            }
        }
        Ok(Some(piece))
    }

    /// Reads the rest of the body, so that the connection can be used again. `false`: it cannot.
    pub async fn finish(&mut self) -> Result<bool> {
        let can_follow = self.body != Body::UntilEnd;
        while self.piece().await?.is_some() {}
        Ok(can_follow)
    }

    async fn line(&mut self) -> Result<String> {
        let mut line = Vec::new();
        (&mut self.io).take(HEAD_MAX).read_until(b'\n', &mut line).await?;
        if line.pop_if(|byte| *byte == b'\n').is_none() {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        line.pop_if(|byte| *byte == b'\r');
        String::from_utf8(line).map_err(|_| invalid("a head that is no text"))
    }
}

fn invalid(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, format!("no HTTP of ours: {what}"))
}
