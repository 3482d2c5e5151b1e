//! Origins as browsers send them, against lists of allowed ones.

use super::*;

fn allowed(entries: &[&str]) -> AllowedOrigins {
    AllowedOrigins::parse(entries).unwrap()
}

#[test]
fn clients_without_an_origin_are_no_browsers() {
    assert!(allowed(&[]).permit(None, Some("hub.example.org")));
    assert!(allowed(&["https://app.example.org"]).permit(None, None));
}

#[test]
fn without_entries_only_pages_of_the_same_host_and_port_pass() {
    for (origin, host, permitted) in [
        ("https://hub.example.org", Some("hub.example.org"), true),
        ("https://hub.example.org", Some("hub.example.org:443"), true),
        ("https://HUB.example.org:443", Some("Hub.Example.Org"), true),
        ("http://localhost:8080", Some("localhost:8080"), true),
        ("http://[::1]:8080", Some("[::1]:8080"), true),
        ("http://localhost:3000", Some("localhost:8080"), false),
        ("http://hub.example.org", Some("hub.example.org:443"), false),
        ("https://evil.example.org", Some("hub.example.org"), false),
        ("https://hub.example.org", None, false),
        ("null", Some("null"), false),
        ("", Some(""), false),
    ] {
        assert_eq!(allowed(&[]).permit(Some(origin), host), permitted, "{origin} {host:?}");
    }
}

#[test]
fn entries_permit_exactly_what_they_say() {
    let listed = allowed(&["https://app.example.org", "http://localhost:3000", "https://*.example.net"]);
    for (origin, permitted) in [
        ("https://app.example.org", true),
        ("https://APP.example.org:443", true),
        ("http://app.example.org", false),
        ("https://app.example.org:8443", false),
        ("https://app.example.org.evil.com", false),
        ("https://evil.com/https://app.example.org", false),
        ("http://localhost:3000", true),
        ("http://localhost", false),
        ("https://a.example.net", true),
        ("https://a.b.example.net", true),
        ("https://example.net", false),
        ("https://.example.net", false),
        ("https://evilexample.net", false),
        ("http://a.example.net", false),
        ("https://a.example.net:8443", false),
        ("null", false),
        ("https://hub.example.org", false),
    ] {
        assert_eq!(listed.permit(Some(origin), Some("hub.example.org")), permitted, "{origin}");
    }
}

#[test]
fn in_development_a_name_that_points_to_loopback_is_not_enough() {
    for (origin, host, permitted) in [
        (None, "evil.com:8080", true),
        (Some("http://localhost:8080"), "localhost:8080", true),
        (Some("http://127.0.0.1:8080"), "127.0.0.1:8080", true),
        (Some("http://[::1]:8080"), "[::1]:8080", true),
        (Some("http://app.localhost:8080"), "app.localhost:8080", true),
        (Some("http://localhost:5173"), "localhost:8080", true),
        (Some("http://localhost:5173"), "127.0.0.1:8080", true),
        (Some("https://[::1]:3000"), "localhost:8080", true),
        (Some("http://localhost:5173"), "evil.com:8080", false),
        (Some("https://app.example.org"), "localhost:8080", false),
        (Some("null"), "localhost:8080", false),
        (Some("http://evil.com:8080"), "evil.com:8080", false),
        (Some("http://evil.com:8080"), "localhost:8080", false),
        (Some("http://localhost.evil.com:8080"), "localhost.evil.com:8080", false),
    ] {
        assert_eq!(allowed(&[]).permit_in_development(origin, Some(host)), permitted, "{origin:?} {host}");
    }
    assert!(allowed(&["http://dev.test:3000"]).permit_in_development(Some("http://dev.test:3000"), Some("x")));
}

#[test]
fn application_shells_and_any_port_can_be_listed() {
    let listed = [
        "capacitor://localhost",
        "tauri://localhost",
        "chrome-extension://abcdefghijklmnop",
        "http://localhost:*",
        "file://",
        "null",
    ];
    let listed = allowed(&listed);
    for (origin, permitted) in [
        ("capacitor://localhost", true),
        ("tauri://localhost", true),
        ("tauri://elsewhere", false),
        ("chrome-extension://abcdefghijklmnop", true),
        ("chrome-extension://other", false),
        ("http://localhost", true),
        ("http://localhost:5173", true),
        ("https://localhost:5173", false),
        ("http://localhost.evil.com:5173", false),
        ("file://", true),
        ("null", true),
    ] {
        assert_eq!(listed.permit(Some(origin), Some("hub.example.org")), permitted, "{origin}");
    }
    assert!(!allowed(&["http://localhost:*"]).permit(Some("null"), None));
}

#[test]
fn a_star_permits_every_page() {
    for origin in ["https://evil.com", "null", "file://"] {
        assert!(allowed(&["*"]).permit(Some(origin), Some("hub.example.org")), "{origin}");
    }
}

#[test]
fn what_is_no_pattern_is_refused() {
    let wrong =
        ["", "app.example.org", "https://", "https://a/b", "https://a*b", "https://*", "1a://b", "https://a:x", "*:*"];
    for entry in wrong {
        assert_eq!(Pattern::parse(entry), None, "{entry}");
    }
}

#[test]
fn patterns_print_as_they_are_written() {
    for entry in [
        "*",
        "https://app.example.org",
        "http://localhost:3000",
        "https://*.example.net",
        "http://[::1]:80",
        "null",
        "http://localhost:*",
        "capacitor://localhost",
    ] {
        let shown = Pattern::parse(entry).unwrap().to_string();
        assert_eq!(shown, entry.trim_end_matches(":80"));
    }
}
