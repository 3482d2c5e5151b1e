//! The state that HTTP handlers share, assembled from the parts of a node.

use crate::admin::door::Door;
use crate::auth::jwt::Tokens;
use crate::config::load::Loaded;
use crate::http::{Drain, HttpState, Readiness, Requests};
use crate::operator::{Facts, Series, Watch};
use crate::reload::Reload;
use crate::sse::PostOffice;
use crate::ws::OpenSockets;
use hubwire_actors::node::Node;
use std::sync::Arc;
use std::time::Duration;

/// Time limit for the broker's answer to a ping, beyond which the node is not ready.
const READY_TIMEOUT: Duration = Duration::from_secs(2);
/// Time limit for a body of the HTTP API.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest body of the HTTP API, as a multiple of the longest message: a batch of publications.
const BODY_MESSAGES: usize = 16;

/// The state of both listeners.
///
/// # Errors
/// When the name of a counter is taken: a mistake in the program.
pub(crate) fn http_state(
    loaded: &Loaded,
    node: &Node,
    tokens: &Arc<Tokens>,
    drain: &Drain,
    open: &OpenSockets,
    reload: &Reload,
) -> Result<HttpState, prometheus::Error> {
    let config = &loaded.config;
    let facts = Facts {
        incarnation: node.incarnation(),
        label: config.node.label.clone(),
        up_since_ms: node.environment().unix_ms(),
        broker: config.broker.url.to_string(),
        metrics: node.metrics().clone(),
        series: Series::default(),
        settings: Facts::settings_of(loaded),
    };
    Ok(HttpState {
        facts: Arc::new(facts),
        watch: Watch::new(node.observer().clone(), node.environment().clone(), config.trace.messages),
        door: Door::new(config.admin.enabled, &config.admin.hosts),
        cluster: Arc::new(node.clone()),
        api_keys: reload.api_keys.clone(),
        cookies: reload.cookies.clone(),
        tokens: tokens.clone(),
        pages: reload.pages.clone(),
        proxies: reload.proxies.clone(),
        ticket_ttl: Duration::from_millis(config.auth.ticket_ttl_ms),
        snapshot_bytes_max: config.streams.snapshot_bytes,
        message_bytes_max: config.socket.max_message_bytes,
        body_bytes_max: config.socket.max_message_bytes.saturating_mul(BODY_MESSAGES),
        body_timeout: BODY_TIMEOUT,
        ready_timeout: READY_TIMEOUT,
        limits: reload.limits.clone(),
        environment: node.environment().clone(),
        requests: Requests::new(node.metrics().registry())?,
        registry: node.metrics().registry().clone(),
        drain: drain.clone(),
        readiness: Readiness::default(),
        writes_events: config.writes_events(),
        posts: PostOffice::new(node.incarnation()),
        sockets: open.clone(),
        internal_tls: config.internal_tls().is_some(),
        audit: node.audit().clone(),
        reload: reload.handle.clone(),
    })
}
