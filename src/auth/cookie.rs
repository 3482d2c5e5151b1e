//! The session cookie: an identity that the browser keeps and cannot read, for pages that connect without a token.
//!
//! The cookie is encrypted and authenticated (AES-256-GCM, the private jar of the crate `cookie`), so any node of the
//! cluster can open a cookie that another one sealed. The first key seals, and all keys open, so that a key can be
//! rotated without signing anybody out. The name starts with `__Host-`: browsers accept such a cookie only over TLS,
//! and send it only to this host.
//!
//! A browser attaches cookies to the connections of any page (cross-site WebSocket hijacking), so a cookie is accepted
//! only with an `Origin` listed in `auth.allowed_origins`.

use crate::config::sections::{Auth, SameSite};
use crate::config::Secret;
use cookie::time::Duration;
use cookie::{Cookie, CookieJar, Key};
use hubwire_actors::identity::Identity;
use hubwire_actors::words::outcome::Refusal;
use hubwire_protocol::ErrorCode;

/// The name of the cookie.
pub const NAME: &str = "__Host-hubwire";
/// Browsers store 4,096 bytes of a cookie, including its name and attributes (RFC 6265, section 6.1).
const BYTES_MAX: usize = 4096;

/// Seals and opens cookies.
#[derive(Clone)]
pub struct SessionCookies {
    keys: Vec<Key>,
    same_site: cookie::SameSite,
    ttl_s: u64,
}

impl SessionCookies {
    /// As configured; `None` without keys.
    pub fn new(auth: &Auth) -> Option<Self> {
        let key = |secret: &Secret| Key::derive_from(secret.reveal().as_bytes());
        let same_site = match auth.cookie_same_site {
            SameSite::Strict => cookie::SameSite::Strict,
            SameSite::Lax => cookie::SameSite::Lax,
            SameSite::None => cookie::SameSite::None,
        };
        let keys: Vec<Key> = auth.cookie_keys.iter().map(key).collect();
        (!keys.is_empty()).then_some(SessionCookies { keys, same_site, ttl_s: auth.cookie_ttl_s })
    }

    /// The value of `Set-Cookie` for an identity, and the expiry of the cookie, Unix seconds: that of the identity, or
    /// `auth.cookie_ttl_s` from now if that is earlier.
    ///
    /// # Errors
    /// When the identity is too large for a cookie, or has expired.
    pub fn seal(&self, mut identity: Identity, now_s: u64) -> Result<(String, u64), Refusal> {
        let ends = identity.expires_at.unwrap_or(u64::MAX).min(now_s.saturating_add(self.ttl_s));
        identity.expires_at = Some(ends);
        let internal = |error: &dyn std::fmt::Display| Refusal::new(ErrorCode::Internal, error.to_string());
        let content = serde_json::to_string(&identity).map_err(|error| internal(&error))?;
        let left_s = ends.saturating_sub(now_s);
        let left = i64::try_from(left_s).map_err(|error| internal(&error))?;
        let cookie = self.cookie(content).max_age(Duration::seconds(left)).build();
        let mut jar = CookieJar::new();
        let Some(first) = self.keys.first() else { return Err(internal(&"no key")) };
        jar.private_mut(first).add(cookie);
        let sealed = jar.get(NAME).map(ToString::to_string).unwrap_or_default();
        match sealed.len() {
            0..=BYTES_MAX => Ok((sealed, ends)),
            bytes => {
                let message = format!(
                    "the organisations, roles and teams of the user make a cookie of {bytes} bytes, and browsers keep \
                     {BYTES_MAX}; use a ticket"
                );
                Err(Refusal::new(ErrorCode::TooBig, message))
            }
        }
    }

    /// The value of `Set-Cookie` that deletes the cookie.
    pub fn forget(&self) -> String {
        self.cookie(String::new()).max_age(Duration::ZERO).build().to_string()
    }

    fn cookie(&self, value: String) -> cookie::CookieBuilder<'static> {
        Cookie::build((NAME, value)).path("/").secure(true).http_only(true).same_site(self.same_site)
    }

    /// The identity in the `Cookie` lines of a request; `None` without such a cookie.
    pub fn open<'a>(&self, lines: impl IntoIterator<Item = &'a str>, now_s: u64) -> Option<Result<Identity, Refusal>> {
        let sealed = value(lines, NAME)?;
        Some(self.identity(sealed, now_s))
    }

    fn identity(&self, sealed: &str, now_s: u64) -> Result<Identity, Refusal> {
        let wrong = || Refusal::new(ErrorCode::BadCredentials, "the session cookie was not made by this cluster");
        let sealed = Cookie::new(NAME, sealed.to_owned());
        let opened = self.keys.iter().find_map(|key| CookieJar::new().private(key).decrypt(sealed.clone()));
        let identity: Identity = serde_json::from_str(opened.ok_or_else(wrong)?.value()).map_err(|_| wrong())?;
        match identity.expires_at {
            Some(ends) if ends > now_s => Ok(identity),
            _ => Err(Refusal::new(ErrorCode::TokenExpired, "the session cookie has expired; sign in again")),
        }
    }
}

/// The value of the first cookie with a name. Pairs are separated by `;` (RFC 6265, section 4.2.1).
pub(super) fn value<'a>(lines: impl IntoIterator<Item = &'a str>, name: &str) -> Option<&'a str> {
    let pairs = lines.into_iter().flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.into_iter().find(|(found, _)| *found == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_S: u64 = 1_000_000;

    fn cookies(keys: &[&str]) -> SessionCookies {
        let keys = keys.iter().map(|key| Key::derive_from(key.repeat(32).as_bytes())).collect();
        SessionCookies { keys, same_site: cookie::SameSite::Strict, ttl_s: 3600 }
    }

    fn identity(user: &str, expires_at: Option<u64>) -> Identity {
        let user = user.parse().unwrap();
        Identity { expires_at, issued_at: Some(7), ..Identity::of(user) }
    }

    fn sent_back(set: &str) -> String {
        format!("theme=dark; {}", set.split(';').next().unwrap())
    }

    fn opened(cookies: &SessionCookies, line: &str, now_s: u64) -> Result<Identity, ErrorCode> {
        cookies.open([line], now_s).unwrap().map_err(|refusal| refusal.code)
    }

    #[test]
    fn what_was_sealed_is_opened_until_it_ends() {
        let cookies = cookies(&["a"]);
        let (set, ends) = cookies.seal(identity("u1", None), NOW_S).unwrap();
        assert_eq!(ends, NOW_S + 3600);
        assert!(set.starts_with("__Host-hubwire=") && !set.contains("u1"), "{set}");
        for attribute in ["Path=/", "Secure", "HttpOnly", "SameSite=Strict", "Max-Age=3600"] {
            assert!(set.contains(&format!("; {attribute}")), "{set}");
        }
        assert!(!set.contains("Domain"), "{set}");
        let found = opened(&cookies, &sent_back(&set), NOW_S + 3599).unwrap();
        assert_eq!((found.user.as_str(), found.expires_at, found.issued_at), ("u1", Some(NOW_S + 3600), Some(7)));
        assert_eq!(opened(&cookies, &sent_back(&set), NOW_S + 3600), Err(ErrorCode::TokenExpired));
        assert_eq!(cookies.seal(identity("u1", Some(NOW_S + 9)), NOW_S).unwrap().1, NOW_S + 9, "as its token");
        assert!(cookies.open(["theme=dark"], NOW_S).is_none());
        assert!(cookies.forget().contains("Max-Age=0"));
    }

    #[test]
    fn the_first_key_seals_and_all_open() {
        let (former, both, later) = (cookies(&["a"]), cookies(&["b", "a"]), cookies(&["b"]));
        let (old, _) = former.seal(identity("u1", None), NOW_S).unwrap();
        let (new, _) = both.seal(identity("u1", None), NOW_S).unwrap();
        assert!(opened(&both, &sent_back(&old), NOW_S).is_ok() && opened(&both, &sent_back(&new), NOW_S).is_ok());
        assert!(opened(&later, &sent_back(&new), NOW_S).is_ok());
        assert_eq!(opened(&later, &sent_back(&old), NOW_S), Err(ErrorCode::BadCredentials));
    }

    #[test]
    fn nothing_but_what_was_sealed_is_opened() {
        let cookies = cookies(&["a"]);
        let (set, _) = cookies.seal(identity("u1", None), NOW_S).unwrap();
        let sealed = sent_back(&set);
        for at in ["theme=dark; __Host-hubwire=".len() + 3, sealed.len() - 3] {
            let mut bytes = sealed.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(opened(&cookies, &changed, NOW_S), Err(ErrorCode::BadCredentials));
        }
        for value in ["", "%", "AAAA", "{\"user\":\"u1\"}"] {
            let line = format!("{NAME}={value}");
            assert_eq!(opened(&cookies, &line, NOW_S), Err(ErrorCode::BadCredentials), "{value}");
        }
    }

    #[test]
    fn memberships_that_no_browser_would_keep_are_refused() {
        let mut large = identity("u1", None);
        large.orgs = (0..200).map(|n| (format!("organisation-{n}").parse().unwrap(), Default::default())).collect();
        let refusal = cookies(&["a"]).seal(large, NOW_S).unwrap_err();
        assert!(refusal.code == ErrorCode::TooBig && refusal.message.contains("ticket"), "{refusal:?}");
    }
}
