//! The options that a reload can change. Any other one needs a restart.

/// Options that a reload changes; one that ends in a dot stands for a section.
const TAKEN: &[&str] = &[
    "access.rules",
    "access.schema_files",
    "access.schemas",
    "access.types",
    "auth.allowed_origins",
    "auth.api_keys",
    "auth.claim_orgs",
    "auth.claim_roles",
    "auth.claim_teams",
    "auth.claim_user",
    "auth.cookie_keys",
    "auth.cookie_same_site",
    "auth.cookie_ttl_s",
    "auth.gorilla_cookie",
    "auth.gorilla_keys",
    "auth.gorilla_max_age_s",
    "auth.jwks_refresh_s",
    "auth.jwks_url",
    "auth.jwt_audience",
    "auth.jwt_issuer",
    "auth.jwt_keys",
    "auth.jwt_leeway_s",
    "auth.jwt_secrets",
    "auth.jwt_types",
    "auth.lifetime_max_s",
    "auth.require_expiry",
    "limits.",
    "listen.client_address",
    "listen.trusted_proxies",
    "log.level",
    "node.watch_files_s",
    "streams.channel_age_s",
    "streams.channel_bytes",
    "streams.channel_count",
    "streams.org_age_s",
    "streams.org_bytes",
    "streams.org_count",
    "streams.retention",
    "streams.team_age_s",
    "streams.team_bytes",
    "streams.team_count",
    "streams.user_age_s",
    "streams.user_bytes",
    "streams.user_count",
];
/// Options that it changes if the listener has TLS already.
const TAKEN_TLS: &[&str] =
    &["tls.certificate", "tls.internal_certificate", "tls.internal_client_authorities", "tls.internal_key", "tls.key"];

/// Whether a reload can change `option` on any node.
pub(super) fn is_taken(option: &str) -> bool {
    TAKEN.iter().any(|taken| option == *taken || taken.ends_with('.') && option.starts_with(taken))
}

/// The same for a node whose listener has TLS already.
pub(super) fn is_taken_with_tls(option: &str) -> bool {
    is_taken(option) || TAKEN_TLS.contains(&option)
}
