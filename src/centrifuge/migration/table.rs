//! The mapping of single options.

use super::outcome::{Migration, Verdict};
use super::value::{as_text, milliseconds, texts};
use serde_json::Value;

/// The equivalent of an option.
#[derive(Debug, Clone, Copy)]
pub(super) enum Entry {
    /// The same text.
    Text(&'static str),
    /// The same number.
    Number(&'static str),
    /// The same switch.
    Switch(&'static str),
    /// The same list.
    List(&'static str),
    /// An entry of a list.
    Item(&'static str),
    /// A duration, in milliseconds.
    Milliseconds(&'static str),
    /// It need not be set.
    NotNeeded(&'static str),
    /// There is none.
    Missing(&'static str),
}

use Entry::*;

const BY_FILE: &str = "write the key to a PEM file and name it in auth.jwt_keys, such as RS256=/etc/hubwire/issuer.pem";
const TRANSPORTS: &str = "always served, where centrifuge.enabled is set";
const OWN_PATH: &str = "it is on the path it has by default";
const ASKED: &str = "a proxy with a URL is asked";
const ONE_TIMEOUT: &str = "one for all: centrifuge.proxy_timeout_ms";
const PLAIN: &str = "proxies are asked by HTTP with JSON, and get no more than Centrifugo's own fields";
const ALWAYS: &str = "always so here";
const OWN_LIMITS: &str = "sockets have bounds of their own here (socket.*)";
const FIXED: &str = "channels have one grammar here, that of Centrifugo's defaults";
const NO_CALLS: &str = "a listener calls nobody";
const ONE_SECRET: &str = "tokens of subscriptions are checked by the keys of all tokens";

/// Paths, longer ones before their prefixes. A path covers all options below it.
const TABLE: &[(&str, Entry)] = &[
    ("client.token.hmac_secret_key", Item("auth.jwt_secrets")),
    ("client.token.rsa_public_key", Missing(BY_FILE)),
    ("client.token.ecdsa_public_key", Missing(BY_FILE)),
    ("client.token.jwks_public_endpoint", Text("auth.jwks_url")),
    ("client.token.audience_regex", Missing("auth.jwt_audience is one text")),
    ("client.token.audience", Text("auth.jwt_audience")),
    ("client.token.issuer_regex", Missing("auth.jwt_issuer is one text")),
    ("client.token.issuer", Text("auth.jwt_issuer")),
    ("client.token.user_id_claim", Text("auth.claim_user")),
    ("client.subscription_token.enabled", NotNeeded(ONE_SECRET)),
    ("client.subscription_token.hmac_secret_key", Item("auth.jwt_secrets")),
    ("client.subscription_token.rsa_public_key", Missing(BY_FILE)),
    ("client.subscription_token.ecdsa_public_key", Missing(BY_FILE)),
    ("client.subscription_token", Missing(ONE_SECRET)),
    ("client.allowed_origins", List("auth.allowed_origins")),
    ("client.allow_anonymous_connect_without_token", Switch("centrifuge.anonymous")),
    ("client.insecure", Missing("for development only: hubwire serve --dev")),
    ("client.insecure_skip_token_signature_verify", Missing("tokens are always checked")),
    ("client.ping_interval", Milliseconds("socket.ping_interval_ms")),
    ("client.pong_timeout", Milliseconds("socket.pong_timeout_ms")),
    ("client.stale_close_delay", Milliseconds("socket.auth_timeout_ms")),
    ("client.channel_limit", Number("limits.channels_max")),
    ("client.user_connection_limit", Number("sessions.max_sessions")),
    ("client.connection_limit", Number("socket.max_connections")),
    ("client.connection_rate_limit", Number("accept.per_second")),
    ("client.history_max_publication_limit", Number("streams.history_max")),
    ("client.recovery_max_publication_limit", NotNeeded("all that the log holds is recovered")),
    ("client.queue_max_size", NotNeeded("a client that reads slowly goes on from the log (socket.outbox_bytes)")),
    ("client.expired_close_delay", NotNeeded("25 s, always")),
    ("client.expired_sub_close_delay", NotNeeded("25 s, always")),
    ("client.presence_update_interval", NotNeeded("presence ends with the lease of a node (directory.lease_ms)")),
    ("client.channel_position_check_delay", NotNeeded(ALWAYS)),
    ("client.channel_position_max_time_lag", NotNeeded(ALWAYS)),
    ("client.concurrency", NotNeeded("commands of one client never wait for those of another")),
    ("client.subscribe_to_user_personal_channel.enabled", Switch("centrifuge.personal_channel")),
    ("client.subscribe_to_user_personal_channel.personal_channel_namespace", Missing("the channel is #USER")),
    ("client.subscribe_to_user_personal_channel.single_connection", Missing("see sessions.max_sessions")),
    ("client.proxy.connect.endpoint", Text("centrifuge.proxy_connect_url")),
    ("client.proxy.connect.http_headers", List("centrifuge.proxy_headers")),
    ("client.proxy.connect.timeout", Milliseconds("centrifuge.proxy_timeout_ms")),
    ("client.proxy.connect.enabled", NotNeeded(ASKED)),
    ("client.proxy.connect", Missing(PLAIN)),
    ("client.proxy.refresh.endpoint", Text("centrifuge.proxy_refresh_url")),
    ("client.proxy.refresh.enabled", NotNeeded(ASKED)),
    ("client.proxy.refresh.timeout", NotNeeded(ONE_TIMEOUT)),
    ("client.proxy", Missing(PLAIN)),
    ("client", Missing("not here")),
    ("channel.max_length", NotNeeded("255 bytes, always")),
    ("channel.history_meta_ttl", NotNeeded("positions need no data beside the log")),
    ("channel.namespace_boundary", Missing(FIXED)),
    ("channel.user_boundary", Missing(FIXED)),
    ("channel.user_separator", Missing(FIXED)),
    ("channel.private_prefix", Missing("without the word `subscribe` a namespace needs a token of each subscription")),
    ("channel.proxy.subscribe.endpoint", Text("centrifuge.proxy_subscribe_url")),
    ("channel.proxy.subscribe.timeout", NotNeeded(ONE_TIMEOUT)),
    ("channel.proxy.publish.endpoint", Text("centrifuge.proxy_publish_url")),
    ("channel.proxy.publish.timeout", NotNeeded(ONE_TIMEOUT)),
    ("channel.proxy.sub_refresh.endpoint", Text("centrifuge.proxy_sub_refresh_url")),
    ("channel.proxy.sub_refresh.timeout", NotNeeded(ONE_TIMEOUT)),
    ("channel.proxy", Missing(PLAIN)),
    ("channel", Missing("not here")),
    ("rpc.proxy.endpoint", Text("centrifuge.proxy_rpc_url")),
    ("rpc.proxy.timeout", NotNeeded(ONE_TIMEOUT)),
    ("rpc.proxy", Missing(PLAIN)),
    ("rpc.without_namespace.proxy_enabled", NotNeeded(ASKED)),
    ("rpc", Missing("one URL answers all methods (centrifuge.proxy_rpc_url), or each its own (rpc.methods)")),
    ("proxies", Missing("there is one URL for each kind of question")),
    ("http_api.disabled", Missing("the server API is there where centrifuge.enabled is set, for who has a key")),
    ("http_api.key", Item("auth.api_keys")),
    ("http_api.insecure", Missing("the server API always needs a key")),
    ("http_api.external", Switch("centrifuge.public_api")),
    ("http_api.handler_prefix", Missing("/api, always")),
    ("http_api.error_mode", Missing("errors come with the status 200")),
    ("http_api", Missing("not here")),
    ("grpc_api", Missing("there is no gRPC")),
    ("admin.enabled", Switch("admin.enabled")),
    ("admin.password", NotNeeded("/admin takes an API key with the scope operate")),
    ("admin.secret", NotNeeded("/admin takes an API key with the scope operate")),
    ("admin", Missing("/admin is on the internal listener and takes an API key")),
    ("health", NotNeeded("/healthz and /readyz are always there")),
    ("prometheus", NotNeeded("/metrics is always there, on the internal listener")),
    ("swagger", NotNeeded("/openapi.yaml is always there, on the internal listener")),
    ("debug", Missing("there is no profiler; GET /debug/status says how a node is")),
    ("graphite", Missing("metrics are those of Prometheus")),
    ("opentelemetry", Missing("there are no traces but those of GET /v1/messages")),
    ("consumers", Missing("a program of yours reads them and calls the server API")),
    ("sse.handler_prefix", Missing(OWN_PATH)),
    ("sse", NotNeeded(TRANSPORTS)),
    ("http_stream.handler_prefix", Missing(OWN_PATH)),
    ("http_stream", NotNeeded(TRANSPORTS)),
    ("emulation.handler_prefix", Missing(OWN_PATH)),
    ("emulation", NotNeeded(TRANSPORTS)),
    ("webtransport", Missing("there is no WebTransport")),
    ("uni_websocket.handler_prefix", Missing(OWN_PATH)),
    ("uni_websocket", NotNeeded(TRANSPORTS)),
    ("uni_sse.handler_prefix", Missing(OWN_PATH)),
    ("uni_sse", NotNeeded(TRANSPORTS)),
    ("uni_http_stream.handler_prefix", Missing(OWN_PATH)),
    ("uni_http_stream", NotNeeded(TRANSPORTS)),
    ("uni_grpc", Missing("there is no gRPC")),
    ("shared_poll", Missing("there are no subscriptions of that kind")),
    ("log.file", Missing("a node writes to standard error")),
    ("node.name", Text("node.label")),
    ("node", NotNeeded("not needed")),
    ("shutdown", NotNeeded("sessions are handed over at the pace of drain.rate_per_second")),
    ("websocket.disabled", Missing(TRANSPORTS)),
    ("websocket.handler_prefix", Text("centrifuge.path")),
    ("websocket.compression", Switch("socket.compression")),
    ("websocket.compression_min_size", Number("socket.compression_min_bytes")),
    ("websocket.message_size_limit", Number("socket.max_message_bytes")),
    ("websocket", NotNeeded(OWN_LIMITS)),
    ("usage_stats.disabled", NotNeeded("nothing is reported to anybody")),
    ("init", Missing("a client begins with its first frame")),
    ("http_server.h2c_external", Missing("HTTP/2 is what a load balancer in front speaks")),
    ("http_server.tls.server_ca_pem", NotNeeded(NO_CALLS)),
    ("http_server.tls.server_name", NotNeeded(NO_CALLS)),
    ("http_server.tls.insecure_skip_verify", NotNeeded(NO_CALLS)),
    ("http_server.internal_tls.server_ca_pem", NotNeeded(NO_CALLS)),
    ("http_server.internal_tls.server_name", NotNeeded(NO_CALLS)),
    ("http_server.internal_tls.insecure_skip_verify", NotNeeded(NO_CALLS)),
    ("enable_unreleased_features", Missing("there are none")),
];

/// The entry for a path, or for one of its prefixes.
pub(super) fn entry(path: &str) -> Option<Entry> {
    let is_it = |of: &str| path == of || path.strip_prefix(of).is_some_and(|rest| rest.starts_with('.'));
    let (_, entry) = TABLE.iter().find(|(of, _)| is_it(of))?;
    // a group with single options in the table is descended into
    let is_group = TABLE.iter().any(|(other, _)| other.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')));
    (!is_group).then_some(*entry)
}

/// Applies an entry of the table.
pub(super) fn apply(migration: &mut Migration, path: &str, value: &Value, entry: Entry) {
    let understood = match entry {
        Text(option) => as_text(value).map(|text| migration.take(path, option, text)).is_some(),
        Number(option) => value.as_i64().map(|number| migration.take(path, option, number)).is_some(),
        Switch(option) => value.as_bool().map(|on| migration.take(path, option, on)).is_some(),
        List(option) => {
            migration.take(path, option, texts(value));
            true
        }
        Item(option) => as_text(value).map(|text| migration.add(option, text)).is_some_and(|()| {
            migration.find(path, Verdict::Taken, option);
            true
        }),
        Milliseconds(option) => {
            let ms = as_text(value).and_then(|text| milliseconds(&text));
            ms.map(|ms| migration.take(path, option, ms)).is_some()
        }
        NotNeeded(note) => {
            migration.find(path, Verdict::NotNeeded, note);
            true
        }
        Missing(note) => {
            migration.find(path, Verdict::None, note);
            true
        }
    };
    if !understood {
        migration.find(path, Verdict::None, format!("{value} is not understood"));
    }
}

/// The options of a node that occur in the table.
#[cfg(test)]
pub(super) fn options() -> impl Iterator<Item = &'static str> {
    TABLE.iter().filter_map(|(_, entry)| match entry {
        Text(option) | Number(option) | Switch(option) | List(option) | Item(option) | Milliseconds(option) => {
            Some(*option)
        }
        NotNeeded(_) | Missing(_) => None,
    })
}
