//! Why a node could not run.

use crate::application::ApplicationError;
use crate::auth::jwt::BadKeys;
use crate::listener::{BadTls, ListenError};
use crate::telemetry::TelemetryError;
use hubwire_actors::backend::open::{BadServer, LocationError};

/// Why a node could not run.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// No client could connect.
    #[error(
        "auth.jwt_secrets is empty, so nobody could connect; set HUBWIRE_AUTH_JWT_SECRETS to a secret of at least 32 \
         bytes (openssl rand -hex 32), or try things out with: hubwire serve --dev"
    )]
    NoSecret,
    /// The echo is for development.
    #[error("--echo-path is for development; use it with --dev")]
    EchoWithoutDev,
    /// A listener could not be opened.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// A certificate or a key cannot be used.
    #[error("TLS: {0}")]
    Tls(#[from] BadTls),
    /// The broker's URL was not accepted.
    #[error("broker.url: {0}")]
    Broker(#[from] LocationError),
    /// The Redis of the WS-HUB endpoint was not accepted.
    #[error("wshub.redis_url: {0}; give the URL of one Redis server")]
    WsHub(#[from] BadServer),
    /// The keys for tokens cannot be used.
    #[error(transparent)]
    Keys(#[from] BadKeys),
    /// The application cannot be called.
    #[error(transparent)]
    Application(#[from] ApplicationError),
    /// Spans cannot be sent.
    #[error("telemetry: {0}")]
    Telemetry(#[from] TelemetryError),
    /// Two metrics have the same name.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
    /// The lease had expired, and another node removed this node's entries.
    #[error("the cluster removed this node after its lease expired; start it again")]
    Fenced,
    /// An actor without which the node cannot work has panicked.
    #[error("a fault within the node, see its log; start it again")]
    Broken,
    /// The runtime or a server failed.
    #[error("the node cannot run: {0}")]
    Io(#[from] std::io::Error),
}
