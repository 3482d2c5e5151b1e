//! The connect hook: for a client without credentials, the application gets the configured headers of its handshake and
//! answers with its identity.
//!
//! | the application answers | the client |
//! |---|---|
//! | 2xx with `{"user":…,"orgs":…,"device":…,"expires_in_s":…}` | is that user |
//! | 204 | is not known: it authenticates by its first message |
//! | 401 | is refused with 4401 |
//! | 403 | is refused with 4403 |
//! | anything else, or nothing in time | is refused with 4100 and may try again |

use super::client::Client;
use super::route::http_url;
use super::rpc::not_asked;
use super::target::{CallError, Reply, Target, TargetSettings};
use crate::config::sections::Hooks as Section;
use actix_http::header::HeaderMap as RequestHeaders;
use hubwire_actors::access::scopes::Scopes;
use hubwire_actors::identity::{Identity, OrgMembership};
use hubwire_actors::words::outcome::Refusal;
use hubwire_protocol::{DeviceId, ErrorCode, OrgId, UserId};
use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, StatusCode};
use litemap::LiteMap;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Longest value of a forwarded header.
const HEADER_BYTES_MAX: usize = 8 * 1024;

/// The connect hook; see the module.
pub struct ConnectHook {
    target: Arc<Target>,
    /// Names of the forwarded headers.
    headers: Vec<HeaderName>,
    lifetime_max_s: u64,
}

/// The request to the application, apart from the headers.
#[derive(Serialize)]
struct Request<'a> {
    action: &'static str,
    path: &'a str,
    address: IpAddr,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<&'a DeviceId>,
}

/// The identity in the application's answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    user: UserId,
    #[serde(default)]
    orgs: LiteMap<OrgId, OrgMembership>,
    #[serde(default)]
    device: Option<DeviceId>,
    #[serde(default)]
    expires_in_s: Option<u64>,
    #[serde(default)]
    scopes: Scopes,
}

/// The handshake of a client.
pub struct Handshake<'a> {
    /// The path.
    pub path: &'a str,
    /// The address of the client.
    pub address: IpAddr,
    /// The origin of the page, in a browser.
    pub origin: Option<&'a str>,
    /// Its device.
    pub device: Option<&'a DeviceId>,
    /// All its headers.
    pub headers: &'a RequestHeaders,
}

/// A prepared question; it may be awaited on any thread.
pub struct Question {
    target: Arc<Target>,
    headers: HeaderMap,
    body: Vec<u8>,
    now_s: u64,
    lifetime_max_s: u64,
}

impl ConnectHook {
    /// `None` when the hook is off. The URL was validated with the configuration.
    pub(super) fn new(
        section: &Section,
        lifetime_max_s: u64,
        client: &Client,
        settings: &TargetSettings,
    ) -> Option<Self> {
        let timeout = Duration::from_millis(section.timeout_ms);
        let uri = http_url(&section.connect_url)?;
        let headers = section.connect_headers.iter().filter_map(|name| name.to_lowercase().parse().ok()).collect();
        let target = Arc::new(Target::new(client.clone(), settings.clone(), "connect", uri, timeout));
        Some(ConnectHook { target, headers, lifetime_max_s })
    }

    /// The question for a client; `None` when the handshake has nothing by which the application could know it.
    pub fn question(&self, handshake: &Handshake<'_>, now_s: u64) -> Option<Question> {
        let mut headers = HeaderMap::new();
        for name in &self.headers {
            for value in handshake.headers.get_all(name.as_str()) {
                let value = Some(value.as_bytes()).filter(|bytes| bytes.len() <= HEADER_BYTES_MAX);
                if let Some(value) = value.and_then(|bytes| HeaderValue::from_bytes(bytes).ok()) {
                    headers.append(name.clone(), value);
                }
            }
        }
        if headers.is_empty() {
            return None;
        }
        let Handshake { path, address, origin, device, .. } = *handshake;
        // texts always serialize
        let body =
            serde_json::to_vec(&Request { action: "connect", path, address, origin, device }).unwrap_or_default();
        Some(Question { target: self.target.clone(), headers, body, now_s, lifetime_max_s: self.lifetime_max_s })
    }
}

impl Question {
    /// The identity of the client; `None`: the application does not know it.
    pub async fn ask(self) -> Result<Option<Identity>, Refusal> {
        let reply = self.target.call(self.headers, self.body.into()).await;
        identity(reply, self.now_s, self.lifetime_max_s)
    }
}

fn identity(reply: Result<Reply, CallError>, now_s: u64, lifetime_max_s: u64) -> Result<Option<Identity>, Refusal> {
    let reply = reply.map_err(not_asked)?;
    match reply.status {
        StatusCode::NO_CONTENT => Ok(None),
        StatusCode::UNAUTHORIZED => Err(Refusal::new(ErrorCode::BadCredentials, "the application does not know you")),
        StatusCode::FORBIDDEN => Err(Refusal::new(ErrorCode::Forbidden, "the application does not let you connect")),
        status if status.is_success() => read(&reply.body, now_s, lifetime_max_s).map(Some).map_err(|reason| {
            log::warn!("the connect hook returned no identity error={reason}");
            Refusal::new(ErrorCode::Timeout, "the answer of the application does not identify you")
        }),
        status => {
            log::warn!("the connect hook returned no identity status={status}");
            Err(Refusal::new(ErrorCode::Timeout, "the answer of the application does not identify you"))
        }
    }
}

fn read(body: &[u8], now_s: u64, lifetime_max_s: u64) -> Result<Identity, String> {
    let Answer { user, orgs, device, expires_in_s, scopes } =
        serde_json::from_slice(body).map_err(|error| error.to_string())?;
    if orgs.keys().any(OrgId::is_system) {
        return Err("everybody is in `system`; it cannot be granted".into());
    }
    if expires_in_s.is_some_and(|seconds| seconds > lifetime_max_s) {
        return Err(format!("expires_in_s is longer than auth.lifetime_max_s, {lifetime_max_s}"));
    }
    let expires_at = expires_in_s.map(|seconds| now_s.saturating_add(seconds));
    Ok(Identity { device, orgs, expires_at, issued_at: Some(now_s), scopes, ..Identity::of(user) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_000;

    fn answered(status: u16, body: &'static str) -> Result<Option<Identity>, ErrorCode> {
        let status = StatusCode::from_u16(status).unwrap();
        let reply = Ok(Reply { status, headers: HeaderMap::new(), body: body.into() });
        identity(reply, NOW, 60).map_err(|refusal| refusal.code)
    }

    #[test]
    fn an_identity_is_taken_with_what_it_says_and_nothing_else() {
        let body = r#"{"user":"u1","orgs":{"acme":{"roles":["admin"]}},"device":"d","expires_in_s":60}"#;
        let identity = answered(200, body).unwrap().unwrap();
        assert_eq!((identity.user.as_str(), identity.expires_at, identity.issued_at), ("u1", Some(1060), Some(NOW)));
        assert!(identity.orgs.values().next().unwrap().roles.contains("admin"));
        assert_eq!(identity.device.unwrap().as_str(), "d");
        for wrong in [
            "",
            "{}",
            r#"{"user":"a b"}"#,
            r#"{"user":"u1","admin":true}"#,
            r#"{"user":"u1","orgs":{"system":{}}}"#,
            r#"{"user":"u1","expires_in_s":61}"#,
        ] {
            assert_eq!(answered(200, wrong), Err(ErrorCode::Timeout), "{wrong}");
        }
    }

    #[test]
    fn a_client_that_is_not_known_is_told_so_and_a_failure_may_be_tried_again() {
        assert_eq!(answered(204, ""), Ok(None));
        assert_eq!(answered(401, ""), Err(ErrorCode::BadCredentials));
        assert_eq!(answered(403, ""), Err(ErrorCode::Forbidden));
        assert_eq!(answered(302, ""), Err(ErrorCode::Timeout));
        assert!(identity(Err(CallError::Overloaded), NOW, 60).unwrap_err().code.retry());
    }
}
