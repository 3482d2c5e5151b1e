//! Signing in with an API key, and out: `/v1/admin/session`.

use super::door::{Shut, COOKIE_NAME, LIFETIME};
use crate::auth::api_key::{ApiKey, Scope};
use crate::http::{Failure, Fields, HttpState, JsonText};
use actix_web::http::header::{CACHE_CONTROL, ORIGIN, RETRY_AFTER, SET_COOKIE};
use actix_web::{web, HttpRequest, HttpResponse, ResponseError};
use hubwire_actors::audit::{AuditEvent, AuditKind};
use hubwire_protocol::ErrorCode;
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr};
use tokio::time::Instant;

/// Takes `{key}` and answers with a cookie that stands for it, if it has the scope `operate`.
pub async fn sign_in(
    state: web::Data<HttpState>,
    request: HttpRequest,
    body: JsonText,
) -> Result<HttpResponse, Failure> {
    come_by_the_front(&state, &request)?;
    let address = state.client(request.peer_addr(), request.headers()).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    if let Some(wait) = state.door.wait(address, Instant::now()) {
        let seconds = wait.as_millis().div_ceil(1000);
        let message = format!("too many wrong keys came from here; try again in {seconds} s");
        let mut refused = Failure::new(ErrorCode::RateLimited, message).error_response();
        refused.headers_mut().insert(RETRY_AFTER, seconds.to_string().parse().unwrap_or(1.into()));
        return Ok(refused);
    }
    let said = Some(address.to_string().into());
    let presented: String = Fields::parse(&body.0, &["key"])?.need("key")?;
    let found = state.api_keys.load().find(&presented).cloned();
    let Some(key) = found.filter(|key| key.scopes.contain(Scope::Operate)) else {
        state.door.failed(address, Instant::now());
        state.audit.note(AuditEvent { address: said, ..AuditEvent::of(AuditKind::SignInRefused) });
        let message = "this is no API key of the node with the scope operate";
        return Err(Failure::new(ErrorCode::Unauthenticated, message));
    };
    let key_name = Some(key.name.as_ref().into());
    state.audit.note(AuditEvent { address: said, key: key_name, ..AuditEvent::of(AuditKind::SignIn) });
    let mut random = [0; 32];
    rand::fill(&mut random);
    let cookie = state.door.sign_in(key.clone(), random, Instant::now());
    let cookie = set_cookie(is_encrypted(&state, &request), &cookie, LIFETIME.as_secs());
    Ok(shown(&state, &key, Instant::now() + LIFETIME, Some(&cookie)))
}

/// The current session, for a page that was loaded again.
pub async fn who(state: web::Data<HttpState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    come_by_the_front(&state, &request)?;
    match state.door.find(request.headers(), Instant::now()).filter(|(key, _)| state.api_keys.load().has(key)) {
        Some((key, until)) => Ok(shown(&state, &key, until, None)),
        None => Err(Failure::new(ErrorCode::Unauthenticated, "nobody is signed in")),
    }
}

/// Ends the cookie.
pub async fn sign_out(state: web::Data<HttpState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    come_by_the_front(&state, &request)?;
    state.door.sign_out(request.headers());
    let gone = set_cookie(is_encrypted(&state, &request), "", 0);
    Ok(HttpResponse::NoContent().insert_header((SET_COOKIE, gone)).finish())
}

/// Whether the browser uses HTTPS, to this node or to a proxy in front of it. A browser sends the origin of the page
/// with each POST and DELETE, which was checked to be a name of this node.
fn is_encrypted(state: &HttpState, request: &HttpRequest) -> bool {
    let origin = request.headers().get(ORIGIN).and_then(|value| value.to_str().ok());
    state.internal_tls || origin.is_some_and(|origin| origin.starts_with("https://"))
}

/// The header that sets the cookie. Browsers would not send a `Secure` cookie back over plain HTTP.
fn set_cookie(is_encrypted: bool, value: &str, max_age_s: u64) -> String {
    let secure = if is_encrypted { "; Secure" } else { "" };
    format!("{COOKIE_NAME}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Strict{secure}")
}

fn shown(state: &HttpState, key: &ApiKey, until: Instant, cookie: Option<&str>) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    if let Some(cookie) = cookie {
        response.insert_header((SET_COOKIE, cookie));
    }
    let expires_in_s = until.saturating_duration_since(Instant::now()).as_secs();
    let body = json!({ "key": &*key.name, "node": state.facts.label, "expires_in_s": expires_in_s });
    response.insert_header((CACHE_CONTROL, "no-store")).json(body)
}

/// Refuses requests under a foreign name, and those of foreign pages.
fn come_by_the_front(state: &HttpState, request: &HttpRequest) -> Result<(), Failure> {
    if !state.door.is_named(request.headers()) {
        return Err(Shut::Host.into());
    }
    let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let own = |origin: &str| origin.split_once("://").map(|(_, host)| host) == text(actix_web::http::header::HOST);
    match text(ORIGIN).is_none_or(own) {
        true => Ok(()),
        false => Err(Failure::new(ErrorCode::Forbidden, "another page may not sign anybody in")),
    }
}
