//! Checks of a configuration by itself, from a file here or from the answer of a running node. Secrets are redacted in
//! both.

use super::finding::Finding;
use crate::config::load::Loaded;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

/// The time for which most balancers keep an idle connection.
const BALANCER_KEEP_ALIVE_MS: u64 = 60_000;
/// A balancer that checks once a second needs this long to notice a drain.
const DRAIN_GRACE_MS: u64 = 1000;

/// The printed values of a configuration.
#[derive(Debug, Clone, Default)]
pub struct Options(BTreeMap<String, String>);

impl Options {
    /// The options of a loaded configuration.
    pub fn of(loaded: &Loaded) -> Self {
        Options(loaded.settled.iter().map(|settled| (settled.spec.name(), settled.shown.clone())).collect())
    }

    /// The options in the answer to `GET /v1/cluster/settings`.
    pub fn answered(settings: &Value) -> Self {
        let settings = settings["settings"].as_array().into_iter().flatten();
        let text = |setting: &Value, key: &str| setting[key].as_str().unwrap_or_default().to_owned();
        Options(settings.map(|setting| (text(setting, "option"), text(setting, "value"))).collect())
    }

    fn shown(&self, option: &str) -> &str {
        self.0.get(option).map_or("", String::as_str)
    }

    /// A string without its quotes. Empty if it is not set, or the node does not know the option.
    fn text(&self, option: &str) -> &str {
        self.shown(option).trim_matches('"')
    }

    fn list(&self, option: &str) -> Vec<String> {
        serde_json::from_str(self.shown(option)).unwrap_or_default()
    }

    /// The number of secrets.
    fn secrets(&self, option: &str) -> usize {
        let count = self.shown(option).strip_prefix('[').and_then(|rest| rest.split(' ').next());
        count.and_then(|count| count.parse().ok()).unwrap_or(0)
    }

    fn number(&self, option: &str) -> Option<u64> {
        self.shown(option).parse().ok()
    }

    fn is_on(&self, option: &str) -> bool {
        self.shown(option) == "true"
    }

    /// Whether a listener is reachable only from this machine.
    fn is_local(&self, option: &str) -> bool {
        self.text(option).parse().is_ok_and(|address: SocketAddr| address.ip().is_loopback())
    }

    /// Whether addresses of clients are taken from the connection.
    pub(super) fn believes_no_proxy(&self) -> bool {
        self.text("listen.client_address") == "connection"
    }
}

/// All doubtful options.
pub fn examine(options: &Options) -> Vec<Finding> {
    let mut findings = Vec::new();
    credentials(options, &mut findings);
    origins(options, &mut findings);
    listeners(options, &mut findings);
    broker(options, &mut findings);
    bounds(options, &mut findings);
    findings
}

fn credentials(options: &Options, findings: &mut Vec<Finding>) {
    if options.is_on("auth.dev") {
        findings.push(Finding::warning(
            "development",
            "auth.dev is true: anybody may connect as any user",
            "never run a public node like this; remove --dev and set auth.jwt_secrets",
        ));
        return;
    }
    if options.secrets("auth.jwt_secrets") == 0 {
        findings.push(Finding::problem(
            "no_token_secret",
            "auth.jwt_secrets is empty: a node does not start without token keys",
            "generate one with `openssl rand -hex 32` and give the same to every node in HUBWIRE_AUTH_JWT_SECRETS or \
             with \
             auth.jwt_secrets_file",
        ));
    }
    if options.secrets("auth.api_keys") == 0 {
        findings.push(Finding::warning(
            "no_api_key",
            "auth.api_keys is empty: server API, operator's page and commands are closed to everybody",
            "generate a key with `hubwire api-key` and add it to auth.api_keys of every node",
        ));
    }
    if options.shown("auth.require_expiry") == "false" {
        findings.push(Finding::warning(
            "endless_tokens",
            "auth.require_expiry is false: a leaked token is valid forever",
            "let the issuer of tokens set `exp`, and leave auth.require_expiry on",
        ));
    }
}

fn origins(options: &Options, findings: &mut Vec<Finding>) {
    let origins = options.list("auth.allowed_origins");
    if origins.iter().any(|origin| origin == "*") {
        findings.push(Finding::warning(
            "any_origin",
            "auth.allowed_origins has *: every page on the web may open sockets from its visitors' browsers",
            "name the origins of your pages, such as https://app.example.org",
        ));
    }
    let is_local = |origin: &&String| ["://localhost", "://127.0.0.1", "://[::1]"].iter().any(|it| origin.contains(it));
    let plain: Vec<&String> = origins.iter().filter(|it| it.starts_with("http://") && !is_local(it)).collect();
    if let Some(origin) = plain.first() {
        findings.push(Finding::warning(
            "plain_origin",
            format!(
                "auth.allowed_origins has {origin}: anybody on the network path to that page can act for its users"
            ),
            "serve the page over https:// and name that origin",
        ));
    }
    if let Some(origin) = origins.iter().find(is_local).filter(|it| it.starts_with("http") && !is_here(options)) {
        findings.push(Finding::note(
            "local_origin",
            format!("auth.allowed_origins has {origin}: pages of developers' machines may connect"),
            "remove it where users connect",
        ));
    }
}

/// Whether all clients are on the same machine: a trial, or a proxy beside the node.
fn is_here(options: &Options) -> bool {
    options.is_local("listen.public")
}

fn listeners(options: &Options, findings: &mut Vec<Finding>) {
    if !options.is_local("listen.internal") && options.text("tls.internal_certificate").is_empty() {
        findings.push(Finding::warning(
            "open_internal",
            format!(
                "listen.internal is {}, without TLS: API keys and metrics cross the network in the clear",
                options.text("listen.internal")
            ),
            "bind it to 127.0.0.1, or set tls.internal_certificate, or allow only your servers to reach the port",
        ));
    }
    let proxies = options.list("listen.trusted_proxies");
    if let Some(all) = proxies.iter().find(|network| network.ends_with("/0")) {
        findings.push(Finding::problem(
            "all_proxies",
            format!("listen.trusted_proxies has {all}: any client may claim any address"),
            "name the addresses or networks of your proxies only",
        ));
    }
    let alone = proxies.is_empty() && options.text("tls.certificate").is_empty() && !is_here(options);
    if alone {
        findings.push(Finding::warning(
            "no_proxy_no_tls",
            "the public listener has no TLS and trusts no proxy: either tokens cross the network in the clear, or a \
             proxy in front is taken for all of its clients",
            "set tls.certificate, or name the proxy that terminates TLS in listen.trusted_proxies, and how it reports \
             a \
             client is in listen.client_address",
        ));
    }
    if options.number("socket.max_connections_per_ip").is_some_and(|max| max > 0) && alone {
        findings.push(Finding::warning(
            "limit_of_the_proxy",
            "socket.max_connections_per_ip is set but no proxy is trusted: behind a proxy all clients share the limit",
            "list the proxy in listen.trusted_proxies, and set listen.client_address to how it reports the client",
        ));
    }
    if let Some(ms) =
        options.number("listen.keep_alive_ms").filter(|ms| *ms <= BALANCER_KEEP_ALIVE_MS && !is_here(options))
    {
        findings.push(Finding::warning(
            "keep_alive",
            format!("listen.keep_alive_ms is {ms}: balancers send requests on connections that the node is closing"),
            "set it above the idle timeout of the proxy in front: 75000 suits nginx and most cloud balancers",
        ));
    }
    if options.number("drain.grace_ms").is_some_and(|ms| ms < DRAIN_GRACE_MS) && !is_here(options) {
        findings.push(Finding::warning(
            "drain_grace",
            "drain.grace_ms is shorter than a balancer needs to notice a drain: it sends clients back to the node",
            "set it to at least two intervals of the balancer's health check",
        ));
    }
}

fn broker(options: &Options, findings: &mut Vec<Finding>) {
    let url = options.text("broker.url");
    if url.is_empty() {
        findings.push(Finding::warning(
            "memory_broker",
            "broker.url is empty: the node cannot share a cluster, and a restart loses every message",
            "set the URL of a Redis that all nodes share, such as redis://redis:6379",
        ));
        return;
    }
    if is_elsewhere(url) && url.starts_with("redis:") && !url.contains("***") {
        findings.push(Finding::warning(
            "open_redis",
            format!("{url} requires no password: anybody who reaches it can read and write every message"),
            "set a password (requirepass or ACL), and add it to the URL or to the file of broker.url_file",
        ));
    }
    if options.secrets("broker.cluster_secrets") == 0 {
        findings.push(Finding::note(
            "no_seal",
            "broker.cluster_secrets is empty: another program with access to Redis can impersonate a node",
            "if others use that Redis, too, give all nodes the same secret, generated with `openssl rand -hex 32`",
        ));
    }
}

/// Whether a URL of Redis names another machine.
fn is_elsewhere(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = host.rsplit('@').next().unwrap_or(host);
    let host = host.split(['/', '?', ',']).next().unwrap_or(host);
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name).trim_matches(['[', ']']);
    name != "localhost" && name.parse::<IpAddr>().map_or(!name.is_empty(), |ip| !ip.is_loopback())
}

fn bounds(options: &Options, findings: &mut Vec<Finding>) {
    for (option, so) in [
        ("limits.actions_per_second", "one client can keep a node busy"),
        ("sessions.max_sessions", "one user can occupy all sockets of a node"),
        ("limits.user_bytes_max", "one user can fill Redis"),
    ] {
        if options.number(option) == Some(0) {
            findings.push(Finding::warning(
                "no_limit",
                format!("{option} is 0: {so}"),
                format!("set {option}; `hubwire config reference` has its default"),
            ));
        }
    }
    let level = options.text("log.level");
    if level.split(',').any(|part| ["debug", "trace"].contains(&part.rsplit('=').next().unwrap_or(part))) {
        findings.push(Finding::note(
            "chatty_log",
            format!("log.level is {level}: each connection causes log lines"),
            "go back to info when you have found what you are looking for",
        ));
    }
}

#[cfg(test)]
mod tests;
