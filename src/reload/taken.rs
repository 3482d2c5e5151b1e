//! The options that a reload can change. Any other one needs a restart.

/// Options that a reload changes; one that ends in a dot stands for a section.
const TAKEN: &[&str] = &[
    "access.rules",
    "access.schema_files",
    "access.schemas",
    "access.types",
    "auth.address_token_secrets",
    "auth.allowed_origins",
    "auth.api_keys",
    "auth.claim_orgs",
    "auth.claim_profile",
    "auth.claim_roles",
    "auth.claim_scopes",
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

#[cfg(test)]
mod tests {
    use super::is_taken;
    use crate::config::{options, OptionSpec};

    /// The verifier of tokens, the cookies, the API keys and the origins are made anew from the whole section, so an
    /// option that is missing here would take effect while the log says that the former value stays.
    #[test]
    fn a_reload_says_of_every_option_of_auth_that_it_takes_it_except_those_that_only_a_start_reads() {
        let of_auth = options().map(OptionSpec::name).filter(|option| option.starts_with("auth."));
        let kept: Vec<String> = of_auth.filter(|option| !is_taken(option)).collect();
        assert_eq!(kept, ["auth.ticket_ttl_ms", "auth.expiry_warning_ms", "auth.dev"]);
    }
}
