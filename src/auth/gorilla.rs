//! Cookies that a Go application signed with gorilla/securecookie and that contain JSON, so that an application with
//! its own sessions needs neither tokens nor tickets. Cookies must be signed only; encrypted ones are refused.
//!
//! The value is base64url of `date|value|mac`; `value` is base64url of the JSON, `mac` the HMAC-SHA256 of
//! `name|date|value`, `date` Unix seconds.

use super::cookie::value;
use super::jwt::Mapping;
use crate::config::sections::Auth;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::DecodePaddingMode;
use base64::{alphabet, Engine};
use hmac::{Hmac, Mac};
use hubwire_actors::identity::Identity;
use hubwire_actors::words::outcome::Refusal;
use hubwire_protocol::ErrorCode;
use sha2::Sha256;

/// Longest cookie, as in browsers.
const BYTES_MAX: usize = 4096;
/// How far the clock of the application may be ahead, in seconds.
const AHEAD_S: u64 = 60;
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Opens such cookies.
pub struct GorillaCookies {
    name: String,
    keys: Vec<Vec<u8>>,
    max_age_s: u64,
    mapping: Mapping,
}

impl GorillaCookies {
    /// As configured; `None` without keys.
    pub fn new(auth: &Auth) -> Option<Self> {
        let keys: Vec<_> = auth.gorilla_keys.iter().map(|key| key.reveal().as_bytes().to_vec()).collect();
        let (name, max_age_s) = (auth.gorilla_cookie.clone(), auth.gorilla_max_age_s);
        (!keys.is_empty()).then(|| GorillaCookies { name, keys, max_age_s, mapping: Mapping::new(auth) })
    }

    /// The identity in the `Cookie` lines of a request; `None` without such a cookie.
    pub fn open<'a>(&self, lines: impl IntoIterator<Item = &'a str>, now_s: u64) -> Option<Result<Identity, Refusal>> {
        let signed = value(lines, &self.name)?;
        Some(self.identity(signed, now_s))
    }

    fn identity(&self, signed: &str, now_s: u64) -> Result<Identity, Refusal> {
        let wrong = || {
            let message = format!("the cookie {} is not signed with a key of auth.gorilla_keys", self.name);
            Refusal::new(ErrorCode::BadCredentials, message)
        };
        let (date, content) = self.opened(signed).ok_or_else(wrong)?;
        let ends = date.saturating_add(self.max_age_s);
        if ends <= now_s {
            let message = format!("the cookie {} has expired; sign in again", self.name);
            return Err(Refusal::new(ErrorCode::TokenExpired, message));
        }
        if date > now_s.saturating_add(AHEAD_S) {
            return Err(wrong());
        }
        let claims = serde_json::from_slice(&content).map_err(|_| {
            let message = format!("the cookie {} contains no JSON: it is encrypted or of another format", self.name);
            Refusal::new(ErrorCode::BadCredentials, message)
        })?;
        let mut identity = self.mapping.identity(&claims)?;
        (identity.expires_at, identity.issued_at) = (Some(ends), Some(date));
        Ok(identity)
    }

    /// The date and the content, if one of the keys signed them.
    fn opened(&self, signed: &str) -> Option<(u64, Vec<u8>)> {
        let decoded = BASE64.decode(signed).ok().filter(|_| signed.len() <= BYTES_MAX)?;
        let mut parts = decoded.splitn(3, |byte| *byte == b'|');
        let (date, content, mac) = (parts.next()?, parts.next()?, parts.next()?);
        let is_signed = |key: &Vec<u8>| {
            let Ok(hmac) = Hmac::<Sha256>::new_from_slice(key) else { return false };
            let signed = [self.name.as_bytes(), date, content].join(&b'|');
            hmac.chain_update(signed).verify_slice(mac).is_ok()
        };
        self.keys.iter().any(is_signed).then_some(())?;
        let date = std::str::from_utf8(date).ok()?.parse().ok()?;
        Some((date, BASE64.decode(content).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    const NOW_S: u64 = 1_700_000_000;

    fn cookies() -> GorillaCookies {
        let mut auth = Config::load(None, std::iter::empty(), &[]).unwrap().config.auth;
        auth.gorilla_keys = vec!["another key of thirty-two bytes!".into(), "hash key of at least 32 bytes!!!".into()];
        auth.gorilla_cookie = "session".into();
        auth.gorilla_max_age_s = 3600;
        GorillaCookies::new(&auth).unwrap()
    }

    /// A cookie as the library makes it.
    fn signed(name: &str, date: u64, content: &str) -> String {
        let content = BASE64.encode(content);
        let text = format!("{name}|{date}|{content}");
        let mac = Hmac::<Sha256>::new_from_slice(b"hash key of at least 32 bytes!!!").unwrap();
        let mac = mac.chain_update(&text).finalize().into_bytes();
        let value = [&text.as_bytes()[name.len() + 1..], b"|", &mac[..]].concat();
        format!("session={}", BASE64.encode(value))
    }

    fn code(line: &str) -> Option<ErrorCode> {
        cookies().open([line], NOW_S).unwrap().err().map(|refusal| refusal.code)
    }

    // Made once with HMAC-SHA256 by Python's hmac module from name, date and value as the format above says.
    #[test]
    fn a_cookie_of_another_program_is_opened() {
        let line = "session=MTcwMDAwMDAwMHxleUp6ZFdJaU9pSjFNU0lzSW05eVozTWlPbnNpWVdOdFpTSTZXeUpoWkcxcGJpSmRmWDA9fKmjbO\
                    c7lEGDf4kuXebHL_t_e7zsLAKkYWO4rkqrFQIz";
        let identity = cookies().open([line], NOW_S + 3599).unwrap().unwrap();
        assert_eq!((identity.user.as_str(), identity.expires_at), ("u1", Some(NOW_S + 3600)));
        assert!(identity.orgs.contains_key("acme"));
    }

    #[test]
    fn only_what_a_key_signed_for_this_name_and_time_counts() {
        let json = r#"{"sub":"u1"}"#;
        assert_eq!(code(&signed("session", NOW_S - 3599, json)), None);
        assert_eq!(code(&signed("session", NOW_S - 3600, json)), Some(ErrorCode::TokenExpired));
        assert_eq!(code(&signed("session", NOW_S + 61, json)), Some(ErrorCode::BadCredentials));
        assert_eq!(code(&signed("other", NOW_S, json)), Some(ErrorCode::BadCredentials), "signed for another cookie");
        assert_eq!(code(&signed("session", NOW_S, "gob")), Some(ErrorCode::BadCredentials));
        assert_eq!(code(&signed("session", NOW_S, "{}")), Some(ErrorCode::BadCredentials), "nobody's");
        for line in ["session=", "session=AAAA", "session=fHx8", "session=%"] {
            assert_eq!(code(line), Some(ErrorCode::BadCredentials), "{line}");
        }
        assert!(cookies().open(["other=1"], NOW_S).is_none());
    }
}
