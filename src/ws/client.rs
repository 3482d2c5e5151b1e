//! The client side, for the command line: messages of one socket, and how it ended.

use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::header::{HeaderName, HeaderValue, InvalidHeaderName, InvalidHeaderValue};
use tokio_tungstenite::tungstenite::http::Uri;
use tokio_tungstenite::tungstenite::protocol::{frame::coding::CloseCode, CloseFrame};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{connect_async, MaybeTlsStream, WebSocketStream};

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Why a client could not connect, read or write.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The URL does not begin with `ws://`.
    #[error("{0}: only ws:// is supported; for TLS connect to a proxy that ends it")]
    Scheme(String),
    /// The node refused the upgrade.
    #[error("upgrade refused with HTTP {status}: {body}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Body of the answer, as far as it is text.
        body: String,
    },
    /// A header name that HTTP does not allow.
    #[error(transparent)]
    HeaderName(#[from] InvalidHeaderName),
    /// A header value that HTTP does not allow.
    #[error(transparent)]
    HeaderValue(#[from] InvalidHeaderValue),
    /// The connection failed.
    #[error(transparent)]
    Connection(Box<Error>),
    /// What came is no WebSocket of ours.
    #[error("not a WebSocket of hubwire: {0}")]
    Frame(String),
}

impl From<std::io::Error> for ClientError {
    fn from(error: std::io::Error) -> Self {
        ClientError::Connection(Box::new(Error::Io(error)))
    }
}

impl From<Error> for ClientError {
    fn from(error: Error) -> Self {
        match error {
            Error::Http(response) => ClientError::Refused {
                status: response.status().as_u16(),
                body: String::from_utf8_lossy(response.body().as_deref().unwrap_or_default()).into_owned(),
            },
            error => ClientError::Connection(Box::new(error)),
        }
    }
}

/// What came from the node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientMessage {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Bytes),
    /// The node closed the socket; nothing follows.
    Closed {
        /// Close code, when the node gave one.
        code: Option<u16>,
        /// Close reason.
        reason: String,
    },
}

/// The read half. Pings are answered while it is polled.
pub struct ClientReader(SplitStream<Stream>);

/// The write half.
pub struct ClientWriter(SplitSink<Stream, Message>);

/// Opens a socket. Returns its halves and the subprotocol the node agreed to.
pub async fn connect(
    url: &str,
    subprotocols: &[&str],
    headers: &[(String, String)],
) -> Result<(ClientReader, ClientWriter, Option<String>), ClientError> {
    let uri: Uri = url.parse().map_err(|_| ClientError::Scheme(url.to_owned()))?;
    if uri.scheme_str() != Some("ws") {
        return Err(ClientError::Scheme(url.to_owned()));
    }
    let mut request = uri.into_client_request()?;
    if !subprotocols.is_empty() {
        let offer = HeaderValue::from_str(&subprotocols.join(", "))?;
        request.headers_mut().insert(HeaderName::from_static("sec-websocket-protocol"), offer);
    }
    for (name, value) in headers {
        request.headers_mut().append(name.parse::<HeaderName>()?, HeaderValue::from_str(value)?);
    }
    let (stream, response) = connect_async(request).await?;
    let agreed = response.headers().get("sec-websocket-protocol").and_then(|name| name.to_str().ok());
    let agreed = agreed.map(str::to_owned);
    let (writer, reader) = stream.split();
    Ok((ClientReader(reader), ClientWriter(writer), agreed))
}

impl ClientReader {
    /// The next message. After [`ClientMessage::Closed`] there is nothing to read.
    pub async fn next(&mut self) -> Result<ClientMessage, ClientError> {
        loop {
            return Ok(match self.0.next().await.transpose()? {
                Some(Message::Text(text)) => ClientMessage::Text(text.as_str().to_owned()),
                Some(Message::Binary(bytes)) => ClientMessage::Binary(bytes),
                Some(Message::Close(Some(CloseFrame { code, reason }))) => {
                    ClientMessage::Closed { code: Some(code.into()), reason: reason.as_str().to_owned() }
                }
                Some(Message::Close(None)) | None => ClientMessage::Closed { code: None, reason: String::new() },
                Some(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => continue,
            });
        }
    }
}

impl ClientWriter {
    /// Sends a text message.
    pub async fn text(&mut self, text: &str) -> Result<(), ClientError> {
        Ok(self.0.send(Message::text(text)).await?)
    }

    /// Sends a binary message.
    pub async fn binary(&mut self, bytes: Bytes) -> Result<(), ClientError> {
        Ok(self.0.send(Message::Binary(bytes)).await?)
    }

    /// Starts closing. The reader gets the node's answer.
    pub async fn close(&mut self, code: u16, reason: &str) -> Result<(), ClientError> {
        let frame = CloseFrame { code: CloseCode::from(code), reason: reason.to_owned().into() };
        Ok(self.0.send(Message::Close(Some(frame))).await?)
    }
}
