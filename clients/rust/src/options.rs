//! Options of a client, with their defaults.

use crate::socket::{SocketUrl, Trust};
use futures_util::future::BoxFuture;
use hubwire_protocol::{Codec, DeviceClass, DeviceId, Position, UserId};
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

/// Why the provider is asked for credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    /// The reason.
    pub reason: Reason,
    /// The number of this attempt in a row, from 0.
    pub attempt: u32,
}

/// The reason for a request for credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A new connection.
    Connect,
    /// The credentials of the connection expire soon.
    Refresh,
    /// The node did not accept the last ones.
    Rejected,
}

/// Why a provider returns no credentials.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The user may not connect: the client fails instead of asking again.
    #[error("the user may not connect")]
    Unauthorized,
    /// Any other error; the client asks again later.
    #[error(transparent)]
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

impl ProviderError {
    /// A temporary error.
    pub fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        ProviderError::Failed(error.into())
    }
}

type Provide = Arc<dyn Fn(Ask) -> BoxFuture<'static, Result<String, ProviderError>> + Send + Sync>;

/// Credentials of the client.
#[derive(Clone)]
pub(crate) enum Credentials {
    Token(Provide),
    Ticket(Provide),
    /// No credentials are sent in a message: the URL contains them (development mode), or a proxy adds them.
    Upgrade,
}

/// Where streams start when a client connects for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Start {
    /// With the next publication.
    #[default]
    Now,
    /// After the stored cursor of this device.
    Cursor,
    /// With the oldest stored publication.
    Beginning,
    /// After a position.
    After(Position),
}

/// The pauses between connection attempts: a random part of `min(cap, base * 2^n)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reconnect {
    /// The upper limit of the first pause.
    pub base: Duration,
    /// The upper limit of all pauses.
    pub cap: Duration,
    /// The client fails after this many attempts in a row without a *welcome*; `None`: never.
    pub attempts: Option<u32>,
}

impl Default for Reconnect {
    fn default() -> Self {
        Reconnect { base: Duration::from_millis(500), cap: Duration::from_secs(20), attempts: None }
    }
}

/// The limits of the queue of unacknowledged actions. Beyond them a new send is rejected with `queue_full`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queue {
    /// Number of actions.
    pub items: usize,
    /// Bytes of all actions.
    pub bytes: usize,
    /// An action that was not sent after this time is rejected with `expired`.
    pub ttl: Duration,
}

impl Default for Queue {
    fn default() -> Self {
        Queue { items: 1_000, bytes: 1024 * 1024, ttl: Duration::from_secs(60) }
    }
}

/// See [`Hub::new`](crate::Hub::new).
#[derive(Debug, Clone)]
pub struct Options {
    pub(crate) url: SocketUrl,
    pub(crate) query: String,
    pub(crate) credentials: Credentials,
    /// Stable id of this installation: the scope of cursors and of the ids of actions.
    pub device: Option<DeviceId>,
    /// The kind of device, for direct messages that select by it.
    pub device_class: Option<DeviceClass>,
    /// For networks that block WebSockets: after this many in a row on which nothing was received, the client uses
    /// `/stream` (server-sent events and posts, in JSON) until that fails, too; 0: always. `None`: never.
    pub stream_after: Option<u32>,
    /// Encoding on the WebSocket.
    pub codec: Codec,
    /// Certificate authorities that `wss://` trusts.
    pub trust: Trust,
    /// Where the user's own stream starts; by default after the cursor if there is a device, otherwise with the next
    /// publication.
    pub start_user: Option<Start>,
    /// Where the streams of organisations start.
    pub start_org: Start,
    /// Where the streams of teams start.
    pub start_team: Start,
    /// Whether the client stores on the node, every five seconds, how far the device has processed the user's own
    /// stream.
    pub auto_commit: bool,
    /// The pauses between connection attempts.
    pub reconnect: Reconnect,
    /// The limits of the queue.
    pub queue: Queue,
    /// An action is sent again if it is not acknowledged within this time.
    pub ack_timeout: Duration,
    /// [`Event::Lost`](crate::Event::Lost) is emitted after this time without a connection.
    pub lost_after: Duration,
}

impl Options {
    /// A client of the node at a URL (`ws://` or `wss://`).
    pub fn new(url: SocketUrl) -> Self {
        Options {
            url,
            query: String::new(),
            credentials: Credentials::Upgrade,
            device: None,
            device_class: None,
            stream_after: None,
            codec: Codec::Json,
            trust: Trust::web(),
            start_user: None,
            start_org: Start::Now,
            start_team: Start::Now,
            auto_commit: true,
            reconnect: Reconnect::default(),
            queue: Queue::default(),
            ack_timeout: Duration::from_secs(15),
            lost_after: Duration::from_secs(5),
        }
    }

    /// Authenticates with tokens: the provider is called before each connection, and before a token expires.
    pub fn token<F>(mut self, provider: impl Fn(Ask) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<String, ProviderError>> + Send + 'static,
    {
        self.credentials = Credentials::Token(Arc::new(move |ask| Box::pin(provider(ask))));
        self
    }

    /// Authenticates with one-time tickets; otherwise like [`Options::token`].
    pub fn ticket<F>(mut self, provider: impl Fn(Ask) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<String, ProviderError>> + Send + 'static,
    {
        self.credentials = Credentials::Ticket(Arc::new(move |ask| Box::pin(provider(ask))));
        self
    }

    /// Connects as a user of a node in development mode, with organisations in the format of its `?orgs=`
    /// (`acme:admin,beta`).
    pub fn development(mut self, user: &UserId, orgs: &str) -> Self {
        self.query = format!("user={}&orgs={}", percent_encode(user.as_str()), percent_encode(orgs));
        self
    }

    /// Sets the id of this installation.
    pub fn device(mut self, device: DeviceId) -> Self {
        self.device = Some(device);
        self
    }

    /// Sets the kind of device.
    pub fn device_class(mut self, class: DeviceClass) -> Self {
        self.device_class = Some(class);
        self
    }

    /// Falls back to server-sent events and posts after this many WebSockets on which nothing was received.
    pub fn stream_after(mut self, sockets: u32) -> Self {
        self.stream_after = Some(sockets);
        self
    }

    /// Uses this codec.
    pub fn codec(mut self, codec: Codec) -> Self {
        self.codec = codec;
        self
    }

    /// Trusts these certificate authorities for `wss://`.
    pub fn trust(mut self, trust: Trust) -> Self {
        self.trust = trust;
        self
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Credentials::Token(_) => "Token",
            Credentials::Ticket(_) => "Ticket",
            Credentials::Upgrade => "Upgrade",
        })
    }
}

/// Percent-encodes everything but unreserved characters (RFC 3986, section 2.3).
pub fn percent_encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
