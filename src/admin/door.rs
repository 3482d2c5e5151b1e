//! Guards the operator's page: cookies that stand for API keys, in the memory of this node.
//!
//! A browser sends a cookie with every request, even if a foreign page caused it (cross-site request forgery). So a
//! request with a cookie is answered only under a name of this node (otherwise a foreign name could be pointed here:
//! DNS rebinding), and one that changes something needs a header that a foreign page cannot set without a preflight
//! request (Fetch standard, "CORS protocol").

use crate::auth::api_key::ApiKey;
use actix_web::http::header::{HeaderMap, COOKIE, HOST};
use hubwire_actors::words::network::Network;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::time::Instant;

/// Name of the cookie.
pub const COOKIE_NAME: &str = "hubwire_admin";
/// The header of requests that change something.
pub const WRITE_HEADER: &str = "x-hubwire-admin";
/// The lifetime of a cookie.
pub const LIFETIME: Duration = Duration::from_secs(8 * 3600);
/// Operators that may be signed in at once; beyond it the earliest sign-in ends.
const SIGNED_IN_MAX: usize = 64;
/// Wrong keys from one address within [`FAILURES_WITHIN`]; after them it has to wait.
const FAILURES_MAX: usize = 5;
const FAILURES_WITHIN: Duration = Duration::from_secs(60);
/// Addresses with wrong keys that are remembered; beyond it the earliest failure is forgotten.
const ADDRESSES_MAX: usize = 256;

/// The door of a node; see the module. Cheap to clone.
#[derive(Clone, Default)]
pub struct Door(Arc<Inner>);

#[derive(Default)]
struct Inner {
    open: bool,
    hosts: Vec<String>,
    signed_in: Mutex<VecDeque<SignedIn>>,
    failures: Mutex<HashMap<Network, VecDeque<Instant>>>,
}

struct SignedIn {
    digest: [u8; 32],
    key: ApiKey,
    until: Instant,
}

/// Why a request with a cookie is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shut {
    /// It came under a name that is not this node's.
    Host,
    /// It changes something and lacks the header.
    NoHeader,
}

impl Door {
    /// The door of a node with or without the page, and with these further names.
    pub fn new(open: bool, hosts: &[String]) -> Self {
        let hosts = hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
        Door(Arc::new(Inner { open, hosts, ..Inner::default() }))
    }

    /// Whether the page is enabled.
    pub fn is_open(&self) -> bool {
        self.0.open
    }

    /// Creates a cookie for a key; returns its text.
    pub(super) fn sign_in(&self, key: ApiKey, random: [u8; 32], now: Instant) -> String {
        let text: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut signed_in = lock(&self.0.signed_in);
        if signed_in.len() == SIGNED_IN_MAX {
            signed_in.pop_front();
        }
        signed_in.push_back(SignedIn { digest: digest(&text), key, until: now + LIFETIME });
        text
    }

    /// Ends the cookie of a request.
    pub(super) fn sign_out(&self, headers: &HeaderMap) {
        if let Some(digest) = cookie(headers).map(digest) {
            lock(&self.0.signed_in).retain(|signed_in| signed_in.digest != digest);
        }
    }

    /// The key of a request's cookie, and when the cookie expires.
    pub fn find(&self, headers: &HeaderMap, now: Instant) -> Option<(ApiKey, Instant)> {
        let digest = cookie(headers).map(digest)?;
        let mut signed_in = lock(&self.0.signed_in);
        signed_in.retain(|signed_in| signed_in.until > now);
        // compared as digests, so that the time reveals nothing about a cookie
        let found = signed_in.iter().find(|signed_in| signed_in.digest == digest)?;
        Some((found.key.clone(), found.until))
    }

    /// Whether a request with a cookie is allowed.
    ///
    /// # Errors
    /// The reason for the refusal.
    pub fn judge(&self, headers: &HeaderMap, changes: bool) -> Result<(), Shut> {
        match (self.is_named(headers), changes && !headers.contains_key(WRITE_HEADER)) {
            (false, _) => Err(Shut::Host),
            (true, true) => Err(Shut::NoHeader),
            (true, false) => Ok(()),
        }
    }

    /// Whether a request used a name of this node: a loopback name, or one of `admin.hosts`.
    pub(super) fn is_named(&self, headers: &HeaderMap) -> bool {
        let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()) else { return false };
        let name = without_port(host).to_ascii_lowercase();
        name == "localhost" || is_loopback(&name) || self.0.hosts.contains(&name)
    }

    /// How long an address has to wait before it may try a key again.
    pub(super) fn wait(&self, address: IpAddr, now: Instant) -> Option<Duration> {
        let failures = lock(&self.0.failures);
        let of_address = failures.get(&Network::of_client(address)).filter(|failed| failed.len() >= FAILURES_MAX)?;
        let again = *of_address.front()? + FAILURES_WITHIN;
        Some(again.saturating_duration_since(now)).filter(|wait| !wait.is_zero())
    }

    /// Records that an address tried a wrong key.
    pub(super) fn failed(&self, address: IpAddr, now: Instant) {
        let (mut failures, address) = (lock(&self.0.failures), Network::of_client(address));
        if failures.len() >= ADDRESSES_MAX && !failures.contains_key(&address) {
            let oldest = failures.iter().min_by_key(|(_, failed)| failed.front().copied()).map(|(address, _)| *address);
            oldest.and_then(|oldest| failures.remove(&oldest));
        }
        let of_address = failures.entry(address).or_default();
        if of_address.len() == FAILURES_MAX {
            of_address.pop_front();
        }
        of_address.push_back(now);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // each change is whole, even if a thread panicked while it held the lock
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let mut pairs = headers.get_all(COOKIE).filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(';'));
    pairs.find_map(|pair| pair.trim().strip_prefix(COOKIE_NAME)?.strip_prefix('='))
}

/// The name in a `Host` header; an IPv6 address without its brackets.
fn without_port(host: &str) -> &str {
    match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    }
}

fn is_loopback(name: &str) -> bool {
    name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append((*name).parse().unwrap(), HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    fn key() -> ApiKey {
        ApiKey::configured(&"@ops:operate:a key".into(), true).unwrap()
    }

    #[test]
    fn only_names_of_this_node_are_answered() {
        let door = Door::new(true, &["Admin.Example.org".into()]);
        for (host, named) in [
            ("127.0.0.1:8081", true),
            ("localhost", true),
            ("LOCALHOST:1", true),
            ("[::1]:8081", true),
            ("127.9.9.9", true),
            ("admin.example.org:80", true),
            ("evil.example:8081", false),
            ("127.0.0.1.evil.example", false),
            ("10.0.0.1:8081", false),
            ("", false),
        ] {
            assert_eq!(door.is_named(&headers(&[("host", host)])), named, "{host}");
        }
        assert!(!door.is_named(&headers(&[])));
    }

    #[test]
    fn what_changes_something_needs_the_header() {
        let door = Door::new(true, &[]);
        let local = ("host", "localhost");
        assert_eq!(door.judge(&headers(&[local]), false), Ok(()));
        assert_eq!(door.judge(&headers(&[local]), true), Err(Shut::NoHeader));
        assert_eq!(door.judge(&headers(&[local, (WRITE_HEADER, "1")]), true), Ok(()));
        assert_eq!(door.judge(&headers(&[("host", "x.org"), (WRITE_HEADER, "1")]), true), Err(Shut::Host));
    }

    #[test]
    fn a_cookie_ends_with_its_time_or_when_it_is_given_back() {
        let door = Door::new(true, &[]);
        let now = Instant::now();
        let (one, two) = (door.sign_in(key(), [1; 32], now), door.sign_in(key(), [2; 32], now));
        let with = |text: &str| headers(&[("cookie", &format!("a=b; {COOKIE_NAME}={text}; c=d"))]);
        assert_eq!(&*door.find(&with(&one), now).unwrap().0.name, "ops");
        assert!(door.find(&with(""), now).is_none() && door.find(&with(&one[1..]), now).is_none());
        door.sign_out(&with(&one));
        assert!(door.find(&with(&one), now).is_none() && door.find(&with(&two), now).is_some());
        assert!(door.find(&with(&two), now + LIFETIME).is_none());
    }

    #[test]
    fn who_guesses_has_to_wait_and_nobody_else() {
        let door = Door::new(true, &[]);
        let now = Instant::now();
        let (guesser, other) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        for _ in 0..FAILURES_MAX {
            assert_eq!(door.wait(guesser, now), None);
            door.failed(guesser, now);
        }
        assert_eq!((door.wait(guesser, now), door.wait(other, now)), (Some(FAILURES_WITHIN), None));
        assert_eq!(door.wait(guesser, now + FAILURES_WITHIN), None);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let door = Door::new(true, &[]);
        let now = Instant::now();
        (0..1000u32).for_each(|n| door.failed(IpAddr::from(n.to_be_bytes()), now));
        (0..1000u32).for_each(|n| drop(door.sign_in(key(), [n as u8; 32], now)));
        assert_eq!(lock(&door.0.failures).len(), ADDRESSES_MAX);
        assert_eq!(lock(&door.0.signed_in).len(), SIGNED_IN_MAX);
    }
}
