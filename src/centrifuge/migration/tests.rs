//! Configurations of realistic shapes, and their migrations.

use super::options::Kind;
use super::*;
use crate::config::Config;
use serde_json::json;
use std::path::Path;

fn of(theirs: Value) -> Migration {
    Migration::of(&theirs, "acme")
}

fn missing(migration: &Migration) -> Vec<&str> {
    migration.missing().map(|finding| finding.option.as_str()).collect()
}

/// The configuration that a node would run with.
fn loaded(migration: &Migration) -> Config {
    let text = migration.toml();
    Config::of_text(Path::new("x.toml"), &text).unwrap_or_else(|errors| panic!("{errors}\n{text}")).config
}

const SECRET: &str = "a secret of at least thirty-two bytes";

#[test]
fn a_chat_application_becomes_a_configuration_that_a_node_takes() {
    let migration = of(json!({
        "client": {
            "token": { "hmac_secret_key": SECRET, "audience": "chat" },
            "subscription_token": { "enabled": true, "hmac_secret_key": format!("{SECRET}, another") },
            "allowed_origins": ["https://chat.example.org", "https://*.example.org"],
            "ping_interval": "20s",
            "pong_timeout": "7s",
            "subscribe_to_user_personal_channel": { "enabled": true },
            "queue_max_size": 1048576,
        },
        "channel": {
            "without_namespace": { "allow_subscribe_for_client": true, "history_size": 10, "history_ttl": "5m" },
            "namespaces": [
                { "name": "chat", "presence": true, "allow_presence_for_subscriber": true, "join_leave": true,
                  "force_push_join_leave": true, "history_size": 100, "history_ttl": "24h", "force_recovery": true,
                  "allow_history_for_subscriber": true, "allow_subscribe_for_client": true,
                  "allow_publish_for_subscriber": true },
                { "name": "closed", "channel_regex": "^[a-z]+$" },
                { "name": "last", "force_recovery_mode": "cache", "allowed_delta_types": ["fossil"],
                  "delta_publish": true, "force_positioning": true },
            ],
        },
        "http_api": { "key": format!("{SECRET}, of the API") },
        "http_server": { "address": "0.0.0.0", "port": 9000, "internal_port": "9001" },
        "admin": { "enabled": true, "password": "x", "secret": "y" },
        "websocket": { "message_size_limit": 131072, "disabled": false },
        "log": { "level": "debug" },
        "sse": { "enabled": false },
    }));
    assert_eq!(missing(&migration), ["channel.namespaces.closed.channel_regex"]);
    let config = loaded(&migration);
    assert_eq!(
        config.centrifuge.namespaces,
        [
            "* acme subscribe",
            "chat acme subscribe publish presence join_leave history recover",
            "closed acme",
            "last acme position delta cache"
        ]
    );
    assert!(config.centrifuge.enabled && config.centrifuge.personal_channel && config.admin.enabled);
    assert_eq!(config.streams.retention, ["ch:acme/chat/** count=100 age_s=86400"]);
    assert_eq!((config.streams.channel_count, config.streams.channel_age_s), (10, 300));
    assert_eq!((config.socket.ping_interval_ms, config.socket.pong_timeout_ms), (20_000, 7_000));
    assert_eq!((config.auth.jwt_secrets.len(), config.auth.jwt_audience.as_str()), (2, "chat"));
    assert_eq!(config.listen.public.to_string(), "0.0.0.0:9000");
    assert_eq!(config.listen.internal.to_string(), "127.0.0.1:9001");
    assert_eq!((config.socket.max_message_bytes, config.log.level.as_str()), (131_072, "debug"));
}

#[test]
fn proxies_are_asked_at_the_same_urls() {
    let url = |path: &str| format!("https://app.example.org{path}");
    let migration = of(json!({
        "client": { "proxy": {
            "connect": { "enabled": true, "endpoint": url("/connect"), "timeout": "3s", "http_headers": ["Cookie"] },
            "refresh": { "enabled": false, "endpoint": url("/refresh") },
        } },
        "channel": {
            "proxy": { "subscribe": { "endpoint": url("/subscribe"), "timeout": "1s" },
                       "publish": { "endpoint": url("/publish"), "binary_encoding": true } },
            "namespaces": [{ "name": "chat", "subscribe_proxy_enabled": true, "publish_proxy_enabled": true }],
        },
        "rpc": { "proxy": { "endpoint": url("/rpc") }, "without_namespace": { "proxy_enabled": true } },
        "sse": { "enabled": true }, "http_stream": { "enabled": true, "handler_prefix": "/stream" },
    }));
    let mut missing = missing(&migration);
    missing.sort_unstable();
    assert_eq!(missing, ["channel.proxy.publish.binary_encoding", "http_stream.handler_prefix"]);
    let config = loaded(&migration).centrifuge;
    assert_eq!(config.namespaces, ["chat acme subscribe_proxy publish_proxy"]);
    let urls = ["/connect", "", "/subscribe", "", "/publish", "/rpc"];
    assert_eq!(config.proxy_urls().map(str::to_owned), urls.map(|it| if it.is_empty() { it.into() } else { url(it) }));
    assert_eq!((config.proxy_timeout_ms, config.proxy_headers), (3000, vec!["Cookie".to_owned()]));
}

#[test]
fn every_way_to_name_a_redis_is_a_url() {
    let url = |redis: Value| loaded(&of(json!({ "engine": { "type": "redis", "redis": redis } }))).broker.url;
    for (redis, expected) in [
        (json!({}), "redis://127.0.0.1:6379/0"),
        (json!({ "address": "redis:6379", "db": 2, "password": "p@ss" }), "redis://:p%40ss@redis:6379/2"),
        (json!({ "address": ["rediss://u:p@redis:6380/0"] }), "rediss://u:p@redis:6380/0"),
        (
            json!({ "sentinel_address": ["a:26379", "b:26379"], "sentinel_master_name": "main" }),
            "redis+sentinel://a:26379,b:26379/main",
        ),
        (json!({ "cluster_address": "a:7000,b:7000", "tls": { "enabled": true } }), "rediss+cluster://a:7000,b:7000"),
    ] {
        assert_eq!(url(redis.clone()).reveal(), expected, "{redis}");
    }
    let sharded = of(json!({ "engine": { "type": "redis", "redis": { "address": ["a:6379", "b:6379"] } } }));
    assert_eq!(missing(&sharded), ["engine.redis.address"]);
    let nats = of(json!({ "broker": { "enabled": true, "type": "nats", "nats": { "url": "nats://x" } } }));
    assert_eq!(missing(&nats), ["broker"]);
    assert!(loaded(&nats).broker.url.is_memory());
}

#[test]
fn what_is_set_and_not_here_is_said_and_what_is_off_is_not() {
    let migration = of(json!({
        "client": { "insecure": true, "token": { "rsa_public_key": "-----BEGIN PUBLIC KEY-----\nx", "jwks": {} } },
        "consumers": [{ "name": "kafka", "type": "kafka" }],
        "grpc_api": { "enabled": true, "port": 10000 },
        "uni_grpc": { "enabled": false, "port": 11000 },
        "http_server": { "http3": { "enabled": true },
                         "tls": { "enabled": true, "cert_pem": "-----BEGIN X", "key_pem": "/k" } },
        "opentelemetry": { "enabled": false },
        "brand_new": { "feature": 7 },
    }));
    let mut missing = missing(&migration);
    missing.sort_unstable();
    assert_eq!(
        missing,
        [
            "brand_new.feature",
            "client.insecure",
            "client.token.rsa_public_key",
            "consumers",
            "grpc_api",
            "http_server.http3",
            "http_server.tls.cert_pem",
        ]
    );
    let text = migration.toml();
    assert!(text.contains("\n# client.insecure: for development only"), "{text}");
    assert!(!text.contains("BEGIN"), "what cannot be taken is named, not repeated: {text}");
}

#[test]
fn each_option_of_the_table_is_one_of_a_node() {
    let known: Vec<String> = crate::config::options().map(|spec| spec.name()).collect();
    let mut read = 0;
    for option in table::options() {
        assert!(known.iter().any(|name| name == option), "{option}");
        read += 1;
    }
    assert!(read > 20);
}

#[test]
fn where_nothing_is_said_clients_find_what_they_found() {
    let token = json!({ "token": { "hmac_secret_key": SECRET } });
    let config = loaded(&of(json!({ "client": token, "http_api": { "key": format!("{SECRET}, of the API") } })));
    assert!(!config.auth.require_expiry, "a token without `exp` is one there");
    assert_eq!(config.listen.public.to_string(), "0.0.0.0:8000");
    assert!(config.centrifuge.public_api, "the API is where clients are");
    assert_eq!((config.limits.channels_max, config.streams.history_max, config.sessions.max_sessions), (128, 300, 0));
    let apart =
        json!({ "http_api": { "key": format!("{SECRET}, of the API") }, "http_server": { "internal_port": "9000" } });
    assert!(!loaded(&of(apart)).centrifuge.public_api);
}

/// Sets each option there is, one after the other, to what is nobody's default: none is unknown.
#[test]
fn every_option_there_is_is_carried_over_or_named() {
    let mut left = vec![(String::new(), options::WHOLE)];
    let (mut looked_at, mut forgotten) = (0, Vec::new());
    while let Some((path, shape)) = left.pop() {
        for option in options::of(shape) {
            let path = format!("{path}{}", option.name);
            let value = match option.kind {
                Kind::Group(shape) => {
                    left.push((format!("{path}."), shape));
                    continue;
                }
                Kind::Named(shape) => {
                    left.push((format!("{path}.*"), shape));
                    json!([{ "name": "chat" }])
                }
                Kind::Text => json!("7s"),
                Kind::Switch => json!(true),
                Kind::Number => json!(7),
                Kind::Json => json!({ "a": "b" }),
                Kind::Foreign => json!({ "enabled": true, "type": "x" }),
            };
            let has_switch = options::of(shape).iter().any(|it| it.name == "enabled");
            let mut theirs = at_path(&path, value, has_switch);
            if path.starts_with("engine.redis") {
                theirs["engine"]["type"] = json!("redis");
            }
            let findings = of(theirs).findings;
            let is_known = findings.iter().all(|it| !it.note.contains("not known"));
            let is_name = option.name == "name" && path.contains('*');
            if !is_known || !is_name && !findings.iter().any(|it| is_about(&it.option, &path)) {
                forgotten.push(path);
            }
            looked_at += 1;
        }
    }
    assert!(forgotten.is_empty(), "{forgotten:#?}");
    assert!(looked_at > 300, "{looked_at}");
}

/// A configuration with that option, behind a `*` of a group in a list. A group with a switch is on.
fn at_path(path: &str, value: Value, has_switch: bool) -> Value {
    let (name, rest) = path.split_once('.').unwrap_or((path, ""));
    let (name, listed) = name.strip_prefix('*').map_or((name, false), |name| (name, true));
    let below = if rest.is_empty() { value } else { at_path(rest, value, has_switch) };
    let mut group = json!({ name: below });
    if rest.is_empty() && has_switch {
        group["enabled"] = json!(true);
    }
    if listed {
        group["name"] = json!("chat");
        return json!([group]);
    }
    group
}

/// Whether a finding is about an option, or about a group it stands in.
fn is_about(found: &str, path: &str) -> bool {
    let path = path.replace('*', "chat.");
    path == found || path.strip_prefix(found).is_some_and(|rest| rest.starts_with('.'))
}
