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
    /// What they are for.
    pub reason: Reason,
    /// 0 for the first time in a row.
    pub attempt: u32,
}

/// What credentials are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A new connection.
    Connect,
    /// The ones of the connection end soon.
    Refresh,
    /// The node did not take the last ones.
    Rejected,
}

/// Why a provider has no credentials.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The user may not connect: the client fails instead of asking again.
    #[error("the user may not connect")]
    Unauthorized,
    /// Something else; the client asks again later.
    #[error(transparent)]
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

impl ProviderError {
    /// What may pass.
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
    /// Nothing is asked for: the address says it (development mode), or a proxy.
    Upgrade,
}

/// Where streams begin when a client connects for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Start {
    /// With the next publication.
    #[default]
    Now,
    /// After what this device acknowledged last.
    Cursor,
    /// With the oldest publication that is kept.
    Beginning,
    /// After a position.
    After(Position),
}

/// How pauses between connections grow: a random part of `min(cap, base * 2^n)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reconnect {
    /// The first pause is at most so long.
    pub base: Duration,
    /// No pause is longer.
    pub cap: Duration,
    /// The client fails after so many attempts in a row without a *welcome*; `None`: never.
    pub attempts: Option<u32>,
}

impl Default for Reconnect {
    fn default() -> Self {
        Reconnect { base: Duration::from_millis(500), cap: Duration::from_secs(20), attempts: None }
    }
}

/// The bound of what waits to be sent or acknowledged. Beyond it a new send is rejected with `queue_full`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queue {
    /// Actions.
    pub items: usize,
    /// Bytes of all of them.
    pub bytes: usize,
    /// What was not sent after this time is rejected with `expired`.
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
    /// Stable id of this installation: cursors and ids of actions belong to it.
    pub device: Option<DeviceId>,
    /// What kind of device this is, for direct messages that select by it.
    pub device_class: Option<DeviceClass>,
    /// For where WebSockets are blocked: after so many in a row on which nothing was heard, the client speaks over
    /// `/stream` (server-sent events, and posts, in JSON) until that brings nothing; 0: always. `None`: never.
    pub stream_after: Option<u32>,
    /// Encoding on the socket.
    pub codec: Codec,
    /// Authorities that `wss://` trusts.
    pub trust: Trust,
    /// Where the user's own stream begins; by default after the cursor with a device, else with what comes next.
    pub start_user: Option<Start>,
    /// Where organisations' streams begin.
    pub start_org: Start,
    /// Where teams' streams begin.
    pub start_team: Start,
    /// Whether the client tells the node, once in five seconds, how far the device came in the user's own stream.
    pub auto_commit: bool,
    /// Pauses between connections.
    pub reconnect: Reconnect,
    /// The bound of sends.
    pub queue: Queue,
    /// An action is sent again when its answer takes longer.
    pub ack_timeout: Duration,
    /// [`Event::Lost`](crate::Event::Lost) is emitted when there was no connection for so long.
    pub lost_after: Duration,
}

impl Options {
    /// A client of the node at an address (`ws://` or `wss://`).
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

    /// Authenticates by tokens: the provider is asked before each connection, and before a token ends.
    pub fn token<F>(mut self, provider: impl Fn(Ask) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<String, ProviderError>> + Send + 'static,
    {
        self.credentials = Credentials::Token(Arc::new(move |ask| Box::pin(provider(ask))));
        self
    }

    /// Authenticates by one-time tickets; as [`Options::token`].
    pub fn ticket<F>(mut self, provider: impl Fn(Ask) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<String, ProviderError>> + Send + 'static,
    {
        self.credentials = Credentials::Ticket(Arc::new(move |ask| Box::pin(provider(ask))));
        self
    }

    /// Is a user of a node in development mode, in organisations as its `?orgs=` has them (`acme:admin,beta`).
    pub fn development(mut self, user: &UserId, orgs: &str) -> Self {
        self.query = format!("user={}&orgs={}", percent_encode(user.as_str()), percent_encode(orgs));
        self
    }

    /// Names the installation.
    pub fn device(mut self, device: DeviceId) -> Self {
        self.device = Some(device);
        self
    }

    /// Says what kind of device this is.
    pub fn device_class(mut self, class: DeviceClass) -> Self {
        self.device_class = Some(class);
        self
    }

    /// Falls back to server-sent events and posts after so many WebSockets on which nothing was heard.
    pub fn stream_after(mut self, sockets: u32) -> Self {
        self.stream_after = Some(sockets);
        self
    }

    /// Speaks this codec.
    pub fn codec(mut self, codec: Codec) -> Self {
        self.codec = codec;
        self
    }

    /// Trusts these authorities behind `wss://`.
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
