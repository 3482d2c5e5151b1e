//! The state that all handlers share.

use super::cluster::Cluster;
use super::drain::Drain;
use super::health::Readiness;
use super::requests::Requests;
use crate::admin::door::Door;
use crate::auth::api_key::ApiKeys;
use crate::auth::cookies::Cookies;
use crate::auth::jwt::Tokens;
use crate::auth::origin::Pages;
use crate::listener::{client_address, TrustedProxies};
use crate::operator::{Facts, Watch};
use crate::reload::ReloadHandle;
use crate::sse::PostOffice;
use crate::ws::OpenSockets;
use actix_web::http::header::HeaderMap;
use arc_swap::ArcSwap;
use hubwire_actors::audit::Audit;
use hubwire_actors::environment::Environment;
use hubwire_protocol::Limits;
use prometheus::Registry;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// Shared by both listeners and all workers.
#[derive(Clone)]
pub struct HttpState {
    /// The node.
    pub cluster: Arc<dyn Cluster>,
    /// Keys of the server API.
    pub api_keys: Arc<ArcSwap<ApiKeys>>,
    /// Verifies the tokens of clients.
    pub tokens: Arc<Tokens>,
    /// The accepted cookies.
    pub cookies: Arc<ArcSwap<Cookies>>,
    /// The origins of pages that may connect and get tickets.
    pub pages: Arc<ArcSwap<Pages>>,
    /// The proxies that are trusted to name a client's address.
    pub proxies: Arc<ArcSwap<TrustedProxies>>,
    /// How long a ticket can be redeemed.
    pub ticket_ttl: Duration,
    /// Longest snapshot of a channel in bytes.
    pub snapshot_bytes_max: usize,
    /// Longest frame of a client in bytes.
    pub message_bytes_max: usize,
    /// Longest body in bytes.
    pub body_bytes_max: usize,
    /// Time limit for a body.
    pub body_timeout: Duration,
    /// Time limit for the broker's answer to a ping, beyond which the node is not ready.
    pub ready_timeout: Duration,
    /// The limits of publications: the same as on a socket.
    pub limits: Arc<ArcSwap<Limits>>,
    /// Clock and randomness.
    pub environment: Environment,
    /// Facts about the node.
    pub facts: Arc<Facts>,
    /// Tails and traces.
    pub watch: Watch,
    /// Guards the operator's page.
    pub door: Door,
    /// Whether the internal listener has TLS; its cookies are then marked `Secure`.
    pub internal_tls: bool,
    /// The metrics of `/metrics`.
    pub registry: Registry,
    /// Counts requests.
    pub requests: Requests,
    /// Whether the node drains.
    pub drain: Drain,
    /// The latest answer of the public listener about readiness.
    pub readiness: Readiness,
    /// Whether server events are written.
    pub writes_events: bool,
    /// Forwards posts to their streams.
    pub posts: PostOffice,
    /// How many sockets are open, and how many may be.
    pub sockets: OpenSockets,
    /// The audit trail.
    pub audit: Arc<Audit>,
    /// Reloads the configuration.
    pub reload: ReloadHandle,
}

impl HttpState {
    /// The address of the client of a request: behind a trusted proxy the one that it names.
    pub(crate) fn client(&self, peer: Option<SocketAddr>, headers: &HeaderMap) -> Option<IpAddr> {
        peer.map(|peer| client_address(peer, headers, &self.proxies.load()).ip())
    }
}
