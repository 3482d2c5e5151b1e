//! What every handler knows.

use super::cluster::Cluster;
use super::drain::Drain;
use hubwire_actors::environment::Environment;
use hubwire_actors::identity::Identity;
use hubwire_protocol::Limits;
use prometheus::Registry;
use std::sync::Arc;
use std::time::Duration;

/// Checks a JWT. The error is for the client and holds no secret.
pub type VerifyToken = Arc<dyn Fn(&str) -> Result<Identity, String> + Send + Sync>;

/// Whether a text is an API key of this node, compared in constant time.
pub type VerifyKey = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// Shared by both listeners and all workers.
#[derive(Clone)]
pub struct HttpState {
    /// The node.
    pub cluster: Arc<dyn Cluster>,
    /// Who may use the server API.
    pub verify_key: VerifyKey,
    /// How a JWT becomes an identity.
    pub verify_token: VerifyToken,
    /// How long a ticket may be taken.
    pub ticket_ttl: Duration,
    /// Longest body in bytes.
    pub body_bytes_max: usize,
    /// A body that is not there after this is given up.
    pub body_timeout: Duration,
    /// A broker that does not answer a ping within this makes the node unready.
    pub ready_timeout: Duration,
    /// What a publication may be: the same as on a socket.
    pub limits: Limits,
    /// Clock and randomness.
    pub environment: Environment,
    /// What `/metrics` prints.
    pub registry: Registry,
    /// Whether the node drains.
    pub drain: Drain,
}
