//! A socket that exchanges actions as JSON texts, whatever its codec.

use crate::socket::{connect, SocketError, SocketMessage, SocketReader, SocketWriter, Trust};
use crate::stream::{self, StreamReader, StreamWriter};
use crate::wire::{self, WireError};
use hubwire_protocol::Codec;

/// The parameters of a connection.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The URL, with its query.
    pub url: String,
    /// Additional HTTP headers.
    pub headers: Vec<(String, String)>,
    /// Certificate authorities that `wss://` trusts.
    pub trust: Trust,
}

/// How a connection ended.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// The connection could not be made, or it broke.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// The node closed it.
    #[error("closed by the node: {} {reason}", code.unwrap_or(1005))]
    Closed {
        /// The close code, if the node sent one.
        code: Option<u16>,
        /// The close reason.
        reason: String,
    },
    /// A message received, or to be sent, is not a valid action.
    #[error("no action of hubwire.v1: {0}")]
    Wire(#[from] WireError),
}

/// An open socket.
pub struct Connection {
    /// The receiving half.
    pub incoming: Incoming,
    /// The sending half.
    pub outgoing: Outgoing,
}

/// The receiving half.
pub struct Incoming(Reader);

enum Reader {
    Socket(SocketReader),
    Stream(StreamReader),
}

/// The sending half.
pub struct Outgoing {
    writer: Writer,
    codec: Codec,
}

enum Writer {
    Socket(SocketWriter),
    Stream(StreamWriter),
}

impl Connection {
    /// Opens a WebSocket with a codec.
    pub async fn open(request: &Request, codec: Codec) -> Result<Self, SocketError> {
        let offer = [codec.subprotocol()];
        let (reader, writer, _) = connect(&request.url, &offer, &request.headers, &request.trust).await?;
        let (incoming, writer) = (Incoming(Reader::Socket(reader)), Writer::Socket(writer));
        Ok(Connection { incoming, outgoing: Outgoing { writer, codec } })
    }

    /// Opens a session over HTTP where WebSockets are blocked: server-sent events and posts, in JSON.
    pub async fn open_stream(request: &Request) -> Result<Self, SocketError> {
        let (reader, writer) = stream::open(&request.url, &request.headers, &request.trust).await?;
        let (incoming, writer) = (Incoming(Reader::Stream(reader)), Writer::Stream(writer));
        Ok(Connection { incoming, outgoing: Outgoing { writer, codec: Codec::Json } })
    }
}

impl Incoming {
    /// The JSON text of the next action, on one line. A closed socket is an error.
    pub async fn next(&mut self) -> Result<String, ConnectionError> {
        let message = match &mut self.0 {
            Reader::Socket(reader) => reader.next().await?,
            Reader::Stream(reader) => reader.next().await?,
        };
        match message {
            // in JSON, line breaks occur only between tokens, never within a string
            SocketMessage::Text(text) if text.contains(['\n', '\r']) => Ok(text.replace(['\n', '\r'], " ")),
            SocketMessage::Text(text) => Ok(text),
            SocketMessage::Binary(bytes) => Ok(wire::unpack(&bytes)?),
            SocketMessage::Closed { code, reason } => Err(ConnectionError::Closed { code, reason }),
        }
    }
}

impl Outgoing {
    /// Sends an action, or an array of actions, given as JSON text.
    pub async fn send(&mut self, text: &str) -> Result<(), ConnectionError> {
        match (&mut self.writer, self.codec) {
            (Writer::Socket(writer), Codec::Json) => writer.text(text).await?,
            (Writer::Socket(writer), Codec::MsgPack) => writer.binary(wire::pack(text)?).await?,
            (Writer::Stream(writer), _) => writer.text(text).await?,
        }
        Ok(())
    }

    /// Starts the close handshake; the node's reply ends [`Incoming::next`].
    pub async fn close(&mut self, code: u16, reason: &str) -> Result<(), SocketError> {
        match &mut self.writer {
            Writer::Socket(writer) => writer.close(code, reason).await,
            Writer::Stream(writer) => writer.close().await,
        }
    }

    /// Whether this session runs over HTTP instead of a WebSocket.
    pub fn is_stream(&self) -> bool {
        matches!(self.writer, Writer::Stream(_))
    }
}
