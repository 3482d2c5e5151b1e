//! A socket on which actions are JSON texts, whatever its codec.

use crate::socket::{connect, SocketError, SocketMessage, SocketReader, SocketWriter, Trust};
use crate::stream::{self, StreamReader, StreamWriter};
use crate::wire::{self, WireError};
use hubwire_protocol::Codec;

/// What there is to know before a socket opens.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The address, with its query.
    pub url: String,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// Authorities that `wss://` trusts.
    pub trust: Trust,
}

/// How a connection ended.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// No connection, or it broke.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// The node closed it.
    #[error("closed by the node: {} {reason}", code.unwrap_or(1005))]
    Closed {
        /// Close code, when the node gave one.
        code: Option<u16>,
        /// Close reason.
        reason: String,
    },
    /// What arrived, or was to be sent, is no action.
    #[error("no action of hubwire.v1: {0}")]
    Wire(#[from] WireError),
}

/// An open socket.
pub struct Connection {
    /// Receives.
    pub incoming: Incoming,
    /// Sends.
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
    /// Opens a socket in a codec.
    pub async fn open(request: &Request, codec: Codec) -> Result<Self, SocketError> {
        let offer = [codec.subprotocol()];
        let (reader, writer, _) = connect(&request.url, &offer, &request.headers, &request.trust).await?;
        let (incoming, writer) = (Incoming(Reader::Socket(reader)), Writer::Socket(writer));
        Ok(Connection { incoming, outgoing: Outgoing { writer, codec } })
    }

    /// Opens a session without a WebSocket, for where those are blocked: server-sent events, and posts, in JSON.
    pub async fn open_stream(request: &Request) -> Result<Self, SocketError> {
        let (reader, writer) = stream::open(&request.url, &request.headers, &request.trust).await?;
        let (incoming, writer) = (Incoming(Reader::Stream(reader)), Writer::Stream(writer));
        Ok(Connection { incoming, outgoing: Outgoing { writer, codec: Codec::Json } })
    }
}

impl Incoming {
    /// The JSON text of the next action, on one line. A socket that closes is an error.
    pub async fn next(&mut self) -> Result<String, ConnectionError> {
        let message = match &mut self.0 {
            Reader::Socket(reader) => reader.next().await?,
            Reader::Stream(reader) => reader.next().await?,
        };
        match message {
            // line ends stand only between the tokens of a JSON text, never within a string
            SocketMessage::Text(text) if text.contains(['\n', '\r']) => Ok(text.replace(['\n', '\r'], " ")),
            SocketMessage::Text(text) => Ok(text),
            SocketMessage::Binary(bytes) => Ok(wire::unpack(&bytes)?),
            SocketMessage::Closed { code, reason } => Err(ConnectionError::Closed { code, reason }),
        }
    }
}

impl Outgoing {
    /// Sends an action, or an array of them, that is a JSON text.
    pub async fn send(&mut self, text: &str) -> Result<(), ConnectionError> {
        match (&mut self.writer, self.codec) {
            (Writer::Socket(writer), Codec::Json) => writer.text(text).await?,
            (Writer::Socket(writer), Codec::MsgPack) => writer.binary(wire::pack(text)?).await?,
            (Writer::Stream(writer), _) => writer.text(text).await?,
        }
        Ok(())
    }

    /// Starts closing; the node's answer ends [`Incoming::next`].
    pub async fn close(&mut self, code: u16, reason: &str) -> Result<(), SocketError> {
        match &mut self.writer {
            Writer::Socket(writer) => writer.close(code, reason).await,
            Writer::Stream(writer) => writer.close().await,
        }
    }

    /// Whether there is no WebSocket.
    pub fn is_stream(&self) -> bool {
        matches!(self.writer, Writer::Stream(_))
    }
}
