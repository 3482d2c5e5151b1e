//! The opening handshake (RFC 6455, section 4.2): the requirements on a request, and the answer that opens the socket.
//!
//! It adds to the checks of actix: `Host`, HTTP/1.1, repeated headers, the size of the head, and the form of the
//! subprotocol list.

use super::deflate::{is_offered, AGREED};
use super::refusal::Refusal;
use actix_http::header::{HeaderName, HOST, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION};
use actix_http::{ws, RequestHead, StatusCode, Version};
use actix_web_actors::ws::HandshakeError;
use bytes::{BufMut, Bytes, BytesMut};

/// Most subprotocols a client may offer: each is compared with the others.
const OFFERED_MAX: usize = 32;

/// A request that may be answered with 101.
#[derive(Debug, Clone)]
pub(super) struct Handshake {
    accept: [u8; 28],
    /// Subprotocols the client offers, in its order of preference.
    pub(super) offered: Vec<String>,
    /// Whether the client has an acceptable offer of compression.
    pub(super) offers_compression: bool,
}

impl Handshake {
    /// Checks a request.
    pub(super) fn check(head: &RequestHead, header_bytes_max: usize) -> Result<Self, Refusal> {
        let header_bytes: usize = head.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if header_bytes > header_bytes_max {
            let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
            return Err(Refusal::new(
                status,
                "headers_too_big",
                format!("more than {header_bytes_max} bytes of headers"),
            ));
        }
        ws::verify_handshake(head).map_err(refusal)?;
        if head.version != Version::HTTP_11 {
            return Err(bad_request("HTTP/1.1 is needed"));
        }
        once(head, HOST)?;
        once(head, SEC_WEBSOCKET_VERSION)?;
        let key = once(head, SEC_WEBSOCKET_KEY)?;
        let offers_compression = is_offered(head.headers());
        Ok(Handshake { accept: ws::hash_key(key), offered: offered(head)?, offers_compression })
    }

    /// The answer that opens the socket.
    pub(super) fn response(&self, subprotocol: Option<&str>, compresses: bool) -> Bytes {
        let mut out = BytesMut::with_capacity(288);
        out.put_slice(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
        out.put_slice(b"Sec-WebSocket-Accept: ");
        out.put_slice(&self.accept);
        // only an offered subprotocol may be answered (section 4.1), and an offer is a token, so it is valid in a
        // header
        if let Some(name) = subprotocol.filter(|name| self.offered.iter().any(|offered| offered == name)) {
            out.put_slice(b"\r\nSec-WebSocket-Protocol: ");
            out.put_slice(name.as_bytes());
        }
        if compresses {
            out.put_slice(b"\r\nSec-WebSocket-Extensions: ");
            out.put_slice(AGREED.as_bytes());
        }
        out.put_slice(b"\r\n\r\n");
        out.freeze()
    }
}

/// The answer to a plain request on a path of sockets.
pub(super) fn upgrade_required() -> Refusal {
    Refusal::new(StatusCode::UPGRADE_REQUIRED, "upgrade_required", "this is a WebSocket endpoint")
        .with_header("Upgrade", "websocket")
        .with_header("Sec-WebSocket-Version", "13")
}

fn bad_request(message: &'static str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "bad_handshake", message)
}

fn refusal(error: HandshakeError) -> Refusal {
    match error {
        HandshakeError::GetMethodRequired => {
            Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "bad_handshake", "a WebSocket opens with GET")
                .with_header("Allow", "GET")
        }
        HandshakeError::UnsupportedVersion => {
            Refusal::new(StatusCode::UPGRADE_REQUIRED, "bad_version", "WebSocket version 13 is needed")
                .with_header("Upgrade", "websocket")
                .with_header("Sec-WebSocket-Version", "13")
        }
        HandshakeError::NoWebsocketUpgrade => bad_request("the header Upgrade: websocket is missing"),
        HandshakeError::NoConnectionUpgrade => bad_request("the header Connection: Upgrade is missing"),
        HandshakeError::NoVersionHeader => bad_request("the header Sec-WebSocket-Version is missing"),
        HandshakeError::BadWebsocketKey => bad_request("Sec-WebSocket-Key must be 16 bytes in Base64"),
    }
}

/// The value of a header that must occur exactly once.
fn once(head: &RequestHead, name: HeaderName) -> Result<&[u8], Refusal> {
    let mut values = head.headers().get_all(&name);
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value.as_bytes()),
        _ => {
            let message = format!("the header {name} must occur exactly once");
            Err(Refusal::new(StatusCode::BAD_REQUEST, "bad_handshake", message))
        }
    }
}

/// The offered subprotocols: tokens, each once; the header may be repeated (section 11.3.4).
fn offered(head: &RequestHead) -> Result<Vec<String>, Refusal> {
    let mut offered: Vec<String> = Vec::new();
    for value in head.headers().get_all(SEC_WEBSOCKET_PROTOCOL) {
        let value = value.to_str().map_err(|_| bad_request("Sec-WebSocket-Protocol must be a list of tokens"))?;
        let names = value.split(',').map(|name| name.trim_matches([' ', '\t']));
        // empty elements of a list are ignored (RFC 9110, section 5.6.1); Python's `websockets` sends nothing
        // but such where it is given an empty list
        for name in names.filter(|name| !name.is_empty()) {
            if !is_token(name) || offered.iter().any(|other| other == name) {
                return Err(bad_request("Sec-WebSocket-Protocol must be a list of different tokens"));
            }
            if offered.len() == OFFERED_MAX {
                return Err(bad_request("Sec-WebSocket-Protocol lists too many subprotocols"));
            }
            offered.push(name.to_owned());
        }
    }
    Ok(offered)
}

/// Whether it is a token of RFC 9110, section 5.6.2.
fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}
