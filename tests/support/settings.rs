//! The settings of nodes under test: the only place that knows their names.

/// Signs the tokens of [`Login`](super::Login).
pub const JWT_SECRET: &str = "secret-of-the-end-to-end-tests-32-bytes-and-more";
/// Opens the server API.
pub const API_KEY: &str = "key-of-the-end-to-end-tests-32-bytes-and-more";
/// The origin browsers may come from.
pub const ALLOWED_ORIGIN: &str = "https://app.example.org";
/// What `meta.hub.to` and tokens call the organisation most tests play in.
pub const ORG: &str = "acme";

/// Environment of a node. Without a broker it is a complete single node.
pub fn environment(
    label: &str,
    [public, internal, agent]: [u16; 3],
    broker: Option<&str>,
) -> Vec<(&'static str, String)> {
    // a cluster has nodes of both kinds: n2 serves sockets on threads of their own, the others on the one that routes
    let workers = if label.ends_with('2') { "2" } else { "1" };
    let mut environment = vec![
        ("HUBWIRE_NODE_LABEL", label.to_string()),
        ("HUBWIRE_NODE_WORKERS", workers.to_string()),
        ("HUBWIRE_LISTEN_PUBLIC", format!("127.0.0.1:{public}")),
        ("HUBWIRE_LISTEN_INTERNAL", format!("127.0.0.1:{internal}")),
        ("HUBWIRE_AGENT_CHECK_LISTEN", format!("127.0.0.1:{agent}")),
        ("HUBWIRE_AUTH_JWT_SECRETS", JWT_SECRET.to_string()),
        ("HUBWIRE_AUTH_API_KEYS", API_KEY.to_string()),
        ("HUBWIRE_AUTH_ALLOWED_ORIGINS", ALLOWED_ORIGIN.to_string()),
    ];
    environment.extend(broker.map(|url| ("HUBWIRE_BROKER_URL", url.to_string())));
    environment.extend(broker.into_iter().flat_map(super::guarded::broker_settings));
    environment
}
