//! A WebSocket to a node.

mod error;
mod tls;
mod url;

pub use error::SocketError;
pub use tls::{Trust, TrustError};
pub use url::{SocketUrl, SocketUrlError};

use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::header::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::http::Uri;
use tokio_tungstenite::tungstenite::protocol::{frame::coding::CloseCode, CloseFrame};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{connect_async_tls_with_config, Connector, MaybeTlsStream, WebSocketStream};

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A message from the node, or the end of the socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SocketMessage {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Bytes),
    /// The node closed the socket; no message follows.
    Closed {
        /// The close code, if the node sent one.
        code: Option<u16>,
        /// The close reason.
        reason: String,
    },
}

/// The reading half. Pings are answered while it is polled.
pub struct SocketReader(SplitStream<Stream>);

/// The writing half.
pub struct SocketWriter(SplitSink<Stream, Message>);

/// Opens a socket. Returns its halves and the subprotocol that the node selected.
pub async fn connect(
    url: &str,
    subprotocols: &[&str],
    headers: &[(String, String)],
    trust: &Trust,
) -> Result<(SocketReader, SocketWriter, Option<String>), SocketError> {
    let uri: Uri = url.parse().map_err(|_| SocketError::Scheme(url.to_owned()))?;
    let connector = match uri.scheme_str() {
        Some("ws") => Connector::Plain,
        Some("wss") => Connector::Rustls(trust.config()),
        _ => return Err(SocketError::Scheme(url.to_owned())),
    };
    let mut request = uri.into_client_request()?;
    if !subprotocols.is_empty() {
        let offer = HeaderValue::from_str(&subprotocols.join(", "))?;
        request.headers_mut().insert(HeaderName::from_static("sec-websocket-protocol"), offer);
    }
    for (name, value) in headers {
        request.headers_mut().append(name.parse::<HeaderName>()?, HeaderValue::from_str(value)?);
    }
    // disables Nagle's algorithm: small messages are sent at once
    let is_prompt = true;
    let (stream, response) = connect_async_tls_with_config(request, None, is_prompt, Some(connector)).await?;
    let agreed = response.headers().get("sec-websocket-protocol").and_then(|name| name.to_str().ok());
    let agreed = agreed.map(str::to_owned);
    let (writer, reader) = stream.split();
    Ok((SocketReader(reader), SocketWriter(writer), agreed))
}

impl SocketReader {
    /// The next message. Must not be called after [`SocketMessage::Closed`].
    pub async fn next(&mut self) -> Result<SocketMessage, SocketError> {
        loop {
            return Ok(match self.0.next().await.transpose()? {
                Some(Message::Text(text)) => SocketMessage::Text(text.as_str().to_owned()),
                Some(Message::Binary(bytes)) => SocketMessage::Binary(bytes),
                Some(Message::Close(Some(CloseFrame { code, reason }))) => {
                    SocketMessage::Closed { code: Some(code.into()), reason: reason.as_str().to_owned() }
                }
                Some(Message::Close(None)) | None => SocketMessage::Closed { code: None, reason: String::new() },
                Some(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => continue,
            });
        }
    }
}

impl SocketWriter {
    /// Sends a text message.
    pub async fn text(&mut self, text: &str) -> Result<(), SocketError> {
        Ok(self.0.send(Message::text(text)).await?)
    }

    /// Sends a binary message.
    pub async fn binary(&mut self, bytes: Bytes) -> Result<(), SocketError> {
        Ok(self.0.send(Message::Binary(bytes)).await?)
    }

    /// Starts the close handshake. The reader receives the node's close frame.
    pub async fn close(&mut self, code: u16, reason: &str) -> Result<(), SocketError> {
        let frame = CloseFrame { code: CloseCode::from(code), reason: reason.to_owned().into() };
        Ok(self.0.send(Message::Close(Some(frame))).await?)
    }
}
