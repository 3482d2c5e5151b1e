//! Options of credentials.

use crate::auth::origin::AllowedOrigins;
use crate::config::option::Kind;
use crate::config::rules::*;
use crate::config::secret::Secret;
use crate::config::section::section;
use crate::config::value::choice;

section! {
    /// Authentication: which clients may connect.
    "auth" Auth {
        /// Secrets that tokens are signed with (HS256), at least 32 bytes each. The node accepts a token signed with
        /// any of them, so add a new one before you remove the old one. Empty: no such tokens.
        jwt_secrets: Vec<Secret> = "", SECRETS;
        /// Keys for tokens that others sign: `ALGORITHM[:KID]=PATH` of a PEM file with the public key, such as
        /// `RS256=/etc/hubwire/issuer.pem`. HS256 to HS512 (the file holds the secret), RS256 to RS512, PS256 to PS512,
        /// ES256, ES384 and EdDSA. A key is used for its algorithm only.
        jwt_keys: Vec<String> = "", KEY_FILES;
        /// Where an identity provider publishes its keys (JSON Web Key Set, RFC 7517). The node fetches them when it
        /// starts, every `auth.jwks_refresh_s`, and when a token names an unknown key (at most every 10 s). Empty:
        /// nowhere.
        jwks_url: String = "", HTTP_URL;
        /// How often the node fetches the published keys without being prompted by an unknown key.
        jwks_refresh_s: u64 = "3600", seconds(30, 86_400);
        /// Which values of `typ` in the header of a token are accepted. A token without `typ` is accepted, too.
        jwt_types: Vec<String> = "JWT,at+jwt", WORDS;
        /// The claim that names the user. Here and below: a name, or a JSON Pointer such as `/realm_access/roles`.
        claim_user: String = "sub", ANY_TEXT;
        /// The claim that names the organisations: an object `{"acme":{"roles":["admin"],"teams":["ops"]}}` or
        /// `{"acme":["admin"]}`, a list of names, or one name.
        claim_orgs: String = "orgs", ANY_TEXT;
        /// A claim with roles that apply in every organisation of the token: a list, or words in one string. Empty:
        /// none.
        claim_roles: String = "", ANY_TEXT;
        /// A claim with teams that apply in every organisation of the token. Empty: none.
        claim_teams: String = "", ANY_TEXT;
        /// The claim with scopes that restrict or extend the rights of the bearer (docs/access.md): a list, or words in
        /// one string. A token without it has the rights that the rules grant. Empty: no scopes.
        claim_scopes: String = "scopes", ANY_TEXT;
        /// A claim with the user's profile: `{"name":…,"meta":{…}}`, or the name alone. It replaces the profile
        /// whenever a session begins, or is refreshed, with such a token. Empty: none.
        claim_profile: String = "", ANY_TEXT;
        /// Secrets of tokens for single addresses (HS256, at least 32 bytes each; docs/access.md), for the case that a
        /// service other than the one that signs tokens issues them. Empty: the keys of tokens are used for these, too.
        address_token_secrets: Vec<Secret> = "", SECRETS;
        /// The value that the claim `iss` of a token must have. Empty: any.
        jwt_issuer: String = "", ANY_TEXT;
        /// The value that the claim `aud` of a token must be or contain. Empty: a token with an `aud` is meant for
        /// another service, and refused.
        jwt_audience: String = "", ANY_TEXT;
        /// Tolerated clock difference to the issuer of tokens.
        jwt_leeway_s: u64 = "5", seconds(0, 3600);
        /// Refuse tokens without an expiry (`exp`).
        require_expiry: bool = "true", Kind::Switch;
        /// Refuse tokens and tickets that are valid for longer than this from now. The default only refuses mistakes,
        /// such as an `exp` in milliseconds.
        lifetime_max_s: u64 = "3155760000", seconds(60, 10 * DECADE_S);
        /// How long a ticket can be redeemed.
        ticket_ttl_ms: u64 = "30000", ms(1000, HOUR_MS);
        /// How long before its credentials expire a session gets `@@hub/expiring`, once; a refresh restarts this. A
        /// session that begins or is refreshed with less time left gets no warning, since the answer contains the
        /// expiry. 0: no warning.
        expiry_warning_ms: u64 = "60000", ms(0, DAY_MS);
        /// Pages that may open sockets and get tickets, by origin. Empty: only pages served from the same host and
        /// port, and in development all pages of this machine. Application shells have their own origins:
        /// `capacitor://localhost`, `tauri://localhost`, `chrome-extension://ID`. A client without `Origin` is not a
        /// browser, and this option does not apply to it.
        allowed_origins: AllowedOrigins = "", ORIGINS;
        /// Keys of the session cookie that `POST /v1/session` sets for the bearer of a token, at least 32 bytes each.
        /// The node encrypts with the first one and decrypts with all. Every node needs the same ones. They require
        /// `auth.allowed_origins`: a cookie is accepted only from pages that are listed there. Empty: no such cookie.
        cookie_keys: Vec<Secret> = "", SECRETS;
        /// How long the cookie is valid; never longer than the token that it was issued for.
        cookie_ttl_s: u64 = "86400", seconds(60, DECADE_S);
        /// The attribute `SameSite` of that cookie: `none` if the page belongs to another site than the node.
        cookie_same_site: SameSite = "strict", Kind::Choice(SameSite::WORDS);
        /// Hash keys of cookies that a Go application signs with gorilla/securecookie and its JSON serializer, at least
        /// 32 bytes each. Users and organisations are read from the cookies as from tokens. The keys require
        /// `auth.allowed_origins`, too. Empty: no such cookie.
        gorilla_keys: Vec<Secret> = "", SECRETS;
        /// The name of that cookie.
        gorilla_cookie: String = "session", ANY_TEXT;
        /// How long it is valid after the date that it contains.
        gorilla_max_age_s: u64 = "86400", seconds(60, DECADE_S);
        /// Keys of the server API. A plain key (at least 32 bytes) may do everything. `@NAME:SCOPES:KEY` has a name,
        /// which logs show, and scopes: `read`, `publish`, `tickets`, `members`, `sessions`, `operate`, `content`,
        /// joined by `+`, or `*`. `@NAME:SCOPES:sha256$HEX` contains only the digest (`hubwire api-key` generates
        /// both). Empty: the server API refuses everything.
        api_keys: Vec<Secret> = "", SECRETS;
        /// Development mode: everybody may connect as any user with `?user=`, and short secrets are accepted. Never in
        /// production.
        dev: bool = "false", Kind::Switch;
    }
}

choice! {
    /// The attribute `SameSite` of a cookie.
    SameSite {
        /// Sent to pages of the same site only.
        Strict = "strict",
        /// Also when somebody follows a link there.
        Lax = "lax",
        /// By pages of all sites.
        None = "none",
    }
}
