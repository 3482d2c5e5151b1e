//! Checks that options are consistent with each other.

mod endpoints;

use super::error::ConfigError;
use super::option::OptionSpec;
use super::resolver::{Origin, Settled};
use super::secret::Secret;
use super::sections::{ClientAddress, Config, Direct, Durability};
use crate::auth::api_key::ApiKey;
use crate::auth::jwt::Key;
use crate::auth::origin::Pattern;
use crate::listener::check_client_files;
use hubwire_actors::access::policy::Rule;
use hubwire_actors::access::schemas::SchemaRule;
use hubwire_actors::access::types::TypeRule;
use hubwire_actors::retention::RetentionRule;
use hubwire_actors::words::action_class::Rates;
use hubwire_actors::words::pacing::{AutoEnd, Throttle};
use hubwire_protocol::centrifuge::Namespace;
use std::fmt::Display;
use std::str::FromStr;

/// Fewer bytes than the output of SHA-256 make an HMAC key weaker than the hash (RFC 7518 section 3.2).
const SECRET_BYTES_MIN: usize = 32;

/// All mistakes.
pub(super) fn misfits(config: &Config, settled: &[Settled]) -> Vec<ConfigError> {
    let mut misfits = Misfits { settled, errors: Vec::new() };
    misfits.timeouts(config);
    misfits.listeners(config);
    misfits.durability(config);
    misfits.proxies(config);
    misfits.certificates(config);
    misfits.rules::<Rule>("access.rules", &config.access.rules);
    misfits.rules::<TypeRule>("access.types", &config.access.types);
    misfits.rules::<SchemaRule>("access.schemas", &config.access.schemas);
    misfits.rules::<Namespace>("centrifuge.namespaces", &config.centrifuge.namespaces);
    misfits.rules::<Throttle>("ephemeral.throttle", &config.ephemeral.throttle);
    misfits.rules::<AutoEnd>("ephemeral.end_after", &config.ephemeral.end_after);
    misfits.rules::<RetentionRule>("streams.retention", &config.streams.retention);
    misfits.rates("limits.user_rates", &config.limits.user_rates);
    misfits.rates("limits.org_rates", &config.limits.org_rates);
    misfits.rates("limits.address_rates", &config.limits.address_rates);
    misfits.key_files(&config.auth.jwt_keys);
    if !config.auth.dev {
        misfits.secrets("auth.jwt_secrets", &config.auth.jwt_secrets);
        misfits.placeholders("auth.jwt_secrets", &config.auth.jwt_secrets);
        misfits.secrets("auth.address_token_secrets", &config.auth.address_token_secrets);
        misfits.placeholders("auth.address_token_secrets", &config.auth.address_token_secrets);
        misfits.placeholders("auth.api_keys", &config.auth.api_keys);
        misfits.placeholders("broker.cluster_secrets", &config.broker.cluster_secrets);
        misfits.secrets("application.secrets", &config.application.secrets);
        misfits.placeholders("application.secrets", &config.application.secrets);
    }
    misfits.api_keys(&config.auth.api_keys, config.auth.dev);
    misfits.cookies(config);
    misfits.contacts(config);
    misfits.ambient_credentials(config);
    misfits.events(config);
    misfits.centrifuge_proxies(config);
    misfits.paths(config);
    misfits.rooms(config);
    misfits.errors
}

/// A mistake, with the origin of the option.
pub(super) fn misfit(settled: &[Settled], option: &str, reason: String) -> ConfigError {
    let is_it = |spec: &OptionSpec| spec.name() == option;
    let origin = settled.iter().find(|settled| is_it(settled.spec)).map(|settled| settled.origin.clone());
    ConfigError::Misfit { origin: origin.unwrap_or(Origin::Default), option: option.to_string(), reason }
}

struct Misfits<'a> {
    settled: &'a [Settled],
    errors: Vec<ConfigError>,
}

impl Misfits<'_> {
    /// Without contacts nobody could write to anybody, and no error would show why.
    fn contacts(&mut self, config: &Config) {
        if config.access.direct == Direct::Contacts && !config.people.enabled {
            self.add("access.direct", "is contacts, which needs people.enabled = true".into());
        }
    }

    fn add(&mut self, option: &str, reason: String) {
        self.errors.push(misfit(self.settled, option, reason));
    }

    fn timeouts(&mut self, config: &Config) {
        let (pong, ping) = (config.socket.pong_timeout_ms, config.socket.ping_interval_ms);
        if pong >= ping {
            let reason = format!("is {pong}, but must be less than socket.ping_interval_ms, which is {ping}");
            self.add("socket.pong_timeout_ms", reason);
        }
    }

    fn listeners(&mut self, config: &Config) {
        let (public, internal) = (config.listen.public, config.listen.internal);
        // port 0 is a new one each time
        if public == internal && public.port() != 0 {
            self.add("listen.internal", format!("is {internal}, the same as listen.public"));
        }
        if let Some(agent) = config.agent_check.listen.filter(|agent| [public, internal].contains(agent)) {
            self.add("agent_check.listen", format!("is {agent}, the same as another listener"));
        }
    }

    fn durability(&mut self, config: &Config) {
        let broker = &config.broker;
        if broker.url.is_memory() && broker.durability != Durability::Memory {
            let reason = format!("is {:?}, which needs a broker.url", broker.durability.as_str());
            self.add("broker.durability", reason);
        }
        let (wait, response) = (broker.wait_timeout_ms, broker.response_timeout_ms);
        if broker.durability == Durability::Replica && wait >= response {
            let reason = format!("is {wait}, but must be less than broker.response_timeout_ms, which is {response}");
            self.add("broker.wait_timeout_ms", reason);
        }
    }

    fn events(&mut self, config: &Config) {
        if config.writes_events() && config.broker.url.is_cluster() {
            let reason =
                "is a Redis Cluster, where a script cannot write an event together with its change: server events need \
                          a single server, also behind Sentinel";
            self.add("broker.url", reason.into());
        }
    }

    fn proxies(&mut self, config: &Config) {
        let listen = &config.listen;
        let is_connection = listen.client_address == ClientAddress::Connection;
        match listen.trusted_proxies.is_empty() {
            true if !is_connection => {
                let reason = format!("is empty, so {} is never trusted", listen.client_address.as_str());
                self.add("listen.trusted_proxies", reason);
            }
            false if is_connection => {
                let reason = "is connection, so listen.trusted_proxies has no effect".to_owned();
                self.add("listen.client_address", reason);
            }
            _ => {}
        }
    }

    /// A listener or the broker with only one of certificate and key, or with unusable files.
    fn certificates(&mut self, config: &Config) {
        let (tls, broker) = (&config.tls, &config.broker);
        for (option, value, other, its) in [
            ("tls.certificate", &tls.certificate, "tls.key", &tls.key),
            ("tls.internal_certificate", &tls.internal_certificate, "tls.internal_key", &tls.internal_key),
            ("broker.tls_certificate", &broker.tls_certificate, "broker.tls_key", &broker.tls_key),
        ] {
            if value.is_empty() != its.is_empty() {
                let (missing, given) = if value.is_empty() { (option, other) } else { (other, option) };
                self.add(missing, format!("is missing, but {given} needs it"));
            }
        }
        if !tls.internal_client_authorities.is_empty() && tls.internal_certificate.is_empty() {
            self.add("tls.internal_client_authorities", "needs tls.internal_certificate".into());
        }
        let unused = !broker.url.is_tls() && !config.wshub.redis_url.is_tls();
        if unused && (!broker.tls_authorities.is_empty() || !broker.tls_certificate.is_empty()) {
            self.add("broker.url", "does not use TLS (rediss://), but files for it are configured".into());
        }
        for (option, files) in
            [("tls.certificate", config.public_tls()), ("tls.internal_certificate", config.internal_tls())]
        {
            if let Some(Err(error)) = files.map(|files| files.read()) {
                self.add(option, error.to_string());
            }
        }
        let files = config.broker_tls();
        let client = files.client.as_ref().map(|(certificate, key)| (certificate.as_path(), key.as_path()));
        if let Err(error) = check_client_files(files.authorities.as_deref(), client) {
            self.add("broker.tls_authorities", error.to_string());
        }
    }

    /// A browser sends cookies with requests of any page (cross-site WebSocket hijacking).
    fn ambient_credentials(&mut self, config: &Config) {
        let hooks = &config.hooks;
        let takes_cookies = hooks.connect_headers.iter().any(|name| name.eq_ignore_ascii_case("cookie"));
        let any_page = config.auth.allowed_origins.entries().any(|entry| *entry == Pattern::Any);
        let centrifuge = &config.centrifuge;
        let to_proxy = centrifuge.proxy_headers.iter().any(|name| name.eq_ignore_ascii_case("cookie"));
        for (url, takes_cookies, option) in [
            (&hooks.connect_url, takes_cookies, "hooks.connect_headers"),
            (&centrifuge.proxy_connect_url, to_proxy, "centrifuge.proxy_headers"),
        ] {
            if !url.is_empty() && takes_cookies && any_page {
                let reason = format!(
                    "is *, so any page could connect on behalf of its visitors, because {option} has cookie; list the \
                     origins of your pages"
                );
                self.add("auth.allowed_origins", reason);
            }
        }
    }

    fn rates(&mut self, option: &str, entries: &[String]) {
        if let Err(error) = Rates::read(entries.iter().map(String::as_str)) {
            self.add(option, error.to_string());
        }
    }

    fn key_files(&mut self, entries: &[String]) {
        for error in entries.iter().filter_map(|entry| Key::configured(entry).err()) {
            self.add("auth.jwt_keys", error.to_string());
        }
    }

    fn api_keys(&mut self, entries: &[Secret], dev: bool) {
        for (index, entry) in entries.iter().enumerate() {
            if let Err(error) = ApiKey::configured(entry, dev) {
                self.add("auth.api_keys", format!("entry {}: {error}", index + 1));
            }
        }
    }

    /// A browser sends cookies with requests of any page, so the pages that may use them must be listed.
    fn cookies(&mut self, config: &Config) {
        let auth = &config.auth;
        for (option, keys) in [("auth.cookie_keys", &auth.cookie_keys), ("auth.gorilla_keys", &auth.gorilla_keys)] {
            if keys.is_empty() {
                continue;
            }
            let is_open = |pattern: &Pattern| matches!(pattern, Pattern::Any | Pattern::Null);
            if auth.allowed_origins.entries().next().is_none() {
                self.add(
                    "auth.allowed_origins",
                    format!("is empty; {option} needs a list of the pages that may connect"),
                );
            } else if auth.allowed_origins.entries().any(is_open) {
                let reason =
                    format!("has `*` or `null`, so any page could act on behalf of its visitors through {option}");
                self.add("auth.allowed_origins", reason);
            }
            // the library derives keys from at least that many bytes, in development too
            self.secrets(option, keys);
            if !auth.dev {
                self.placeholders(option, keys);
            }
        }
    }

    /// Rules have a grammar, so the message for a mistake describes it instead of listing allowed values.
    fn rules<T: FromStr<Err: Display>>(&mut self, option: &str, rules: &[String]) {
        for error in rules.iter().filter_map(|rule| rule.parse::<T>().err()) {
            self.add(option, error.to_string());
        }
    }

    /// The secrets in example files are public.
    fn placeholders(&mut self, option: &str, secrets: &[Secret]) {
        for (index, _) in secrets.iter().enumerate().filter(|(_, secret)| secret.is_placeholder()) {
            let reason =
                format!("is a placeholder at entry {}; generate a secret with: openssl rand -hex 32", index + 1);
            self.add(option, reason);
        }
    }

    fn secrets(&mut self, option: &str, secrets: &[Secret]) {
        for (index, secret) in secrets.iter().enumerate() {
            let bytes = secret.reveal().len();
            if bytes < SECRET_BYTES_MIN {
                let reason = format!(
                    "has {bytes} bytes at entry {}; at least {SECRET_BYTES_MIN} are needed unless auth.dev is true",
                    index + 1
                );
                self.add(option, reason);
            }
        }
    }
}
