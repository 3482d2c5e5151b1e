//! Tests each doubtful value separately, in an otherwise sound configuration.

use super::*;
use crate::config::Config;

fn found(flags: &[(&str, &str)]) -> Vec<&'static str> {
    let flags: Vec<_> = flags.iter().map(|(flag, value)| (flag.to_string(), value.to_string())).collect();
    let loaded = Config::load(None, std::iter::empty(), &flags).unwrap();
    examine(&Options::of(&loaded)).into_iter().map(|finding| finding.check).collect()
}

const SOUND: &[(&str, &str)] = &[
    ("auth-jwt-secrets", "a secret of at least thirty-two bytes"),
    ("auth-api-keys", "a key of at least thirty-two bytes too"),
    ("auth-allowed-origins", "https://app.example.org,capacitor://localhost"),
    ("broker-url", "redis://:password@redis:6379"),
    ("broker-cluster-secrets", "another secret that all nodes of it share"),
    ("listen-trusted-proxies", "10.0.0.0/8"),
    ("listen-client-address", "x_forwarded_for"),
];

#[test]
fn a_sound_configuration_is_found_sound() {
    assert_eq!(found(SOUND), Vec::<&str>::new());
}

#[test]
fn each_doubtful_value_is_found_and_nothing_else() {
    for (flag, value, check) in [
        ("auth-jwt-secrets", "", "no_token_secret"),
        ("auth-api-keys", "", "no_api_key"),
        ("auth-require-expiry", "false", "endless_tokens"),
        ("auth-allowed-origins", "*", "any_origin"),
        ("auth-allowed-origins", "http://app.example.org", "plain_origin"),
        ("auth-allowed-origins", "http://localhost:*", "local_origin"),
        ("listen-internal", "0.0.0.0:8081", "open_internal"),
        ("listen-trusted-proxies", "0.0.0.0/0", "all_proxies"),
        ("listen-keep-alive-ms", "5000", "keep_alive"),
        ("drain-grace-ms", "0", "drain_grace"),
        ("broker-url", "", "memory_broker"),
        ("broker-url", "redis://redis:6379/1", "open_redis"),
        ("broker-cluster-secrets", "", "no_seal"),
        ("limits-actions-per-second", "0", "no_limit"),
        ("log-level", "info,hubwire=debug", "chatty_log"),
    ] {
        let planted: Vec<_> =
            SOUND.iter().filter(|(sound, _)| *sound != flag).copied().chain([(flag, value)]).collect();
        assert_eq!(found(&planted), [check], "{flag}={value}");
    }
    assert_eq!(found(&[SOUND, &[("auth-dev", "true")]].concat()), ["development"]);
    let no_proxy: Vec<_> = SOUND.iter().take(5).copied().collect();
    assert_eq!(found(&no_proxy), ["no_proxy_no_tls"]);
    let limited = [&no_proxy[..], &[("socket-max-connections-per-ip", "100")]].concat();
    assert_eq!(found(&limited), ["no_proxy_no_tls", "limit_of_the_proxy"]);
}

#[test]
fn what_a_node_answers_is_read_like_a_configuration() {
    let flags = [("listen-internal".to_owned(), "0.0.0.0:8081".to_owned())];
    let loaded = Config::load(None, std::iter::empty(), &flags).unwrap();
    let settings: Vec<Value> = loaded
        .settled
        .iter()
        .map(|settled| serde_json::json!({ "option": settled.spec.name(), "value": settled.shown }))
        .collect();
    let answered = Options::answered(&serde_json::json!({ "settings": settings }));
    assert_eq!(examine(&answered), examine(&Options::of(&loaded)));
}

#[test]
fn a_redis_on_the_same_machine_needs_no_password() {
    for url in ["redis://127.0.0.1:6379", "redis://localhost/2", "redis://[::1]:6379"] {
        assert!(!is_elsewhere(url), "{url}");
    }
    for url in ["redis://redis:6379", "redis://10.0.0.1", "redis+sentinel://a:1,b:2/main"] {
        assert!(is_elsewhere(url), "{url}");
    }
}
