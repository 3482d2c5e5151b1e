//! Options of credentials.

use crate::auth::origin::AllowedOrigins;
use crate::config::option::Kind;
use crate::config::rules::*;
use crate::config::secret::Secret;
use crate::config::section::section;

section! {
    /// Who may connect.
    "auth" Auth {
        /// Secrets that tokens are signed with (HS256). Any of them is taken, so a new one is added before the old one goes.
        /// At least 32 bytes each. Empty: no tokens are taken.
        jwt_secrets: Vec<Secret> = "", SECRETS;
        /// What the claim `iss` of a token must be. Empty: it is not looked at.
        jwt_issuer: String = "", ANY_TEXT;
        /// What the claim `aud` of a token must be or contain. Empty: tokens with an `aud` are meant for others and refused.
        jwt_audience: String = "", ANY_TEXT;
        /// By how much the clock of who issues tokens may differ.
        jwt_leeway_s: u64 = "5", seconds(0, 3600);
        /// Refuse tokens without an expiry (`exp`).
        require_expiry: bool = "true", Kind::Switch;
        /// How long a ticket can be redeemed.
        ticket_ttl_ms: u64 = "30000", ms(1000, HOUR_MS);
        /// Pages that may open sockets, by origin. Empty: only pages that this host serves itself. Clients that send no
        /// `Origin` are not browsers and are let through.
        allowed_origins: AllowedOrigins = "", ORIGINS;
        /// Keys of the server API. Any of them is taken. At least 32 bytes each. Empty: the server API refuses everything.
        api_keys: Vec<Secret> = "", SECRETS;
        /// Development: everybody may connect as anybody by `?user=`, and short secrets are taken. Never in production.
        dev: bool = "false", Kind::Switch;
    }
}
