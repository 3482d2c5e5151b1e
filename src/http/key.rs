//! The server API requires an API key: `Authorization: Bearer <key>` or `X-Api-Key: <key>`, or the cookie of the
//! operator's page. Uses and refusals of keys are audited.

use super::failure::Failure;
use super::state::HttpState;
use crate::auth::api_key::{ApiKey, Scope};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, AUTHORIZATION};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{web, Error, HttpMessage, ResponseError};
use hubwire_actors::audit::{AuditEvent, AuditKind};
use hubwire_actors::wrong_credentials::Attempt;
use hubwire_protocol::ErrorCode;
use std::net::IpAddr;
use tokio::time::Instant;

/// Admits a request only with a valid key that has `scope`.
pub async fn require(
    scope: Scope,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let key = match permitted(&request, scope) {
        Ok(key) => key,
        Err(failure) => return Ok(request.into_response(failure.error_response())),
    };
    // publications are routine, and reads change nothing
    let audited = request.method() != Method::GET && scope != Scope::Publish;
    let event = AuditEvent::of(AuditKind::ApiCall).of_call(&key.name, request.method().as_str(), request.path());
    let audit = request.app_data::<web::Data<HttpState>>().map(|state| state.audit.clone());
    request.extensions_mut().insert(key);
    let response = next.call(request).await?.map_into_boxed_body();
    if let Some(audit) = audit.filter(|_| audited) {
        audit.note(AuditEvent { status: Some(response.status().as_u16()), ..event });
    }
    Ok(response)
}

/// Admits a request with any valid key in its headers, also as `Authorization: apikey <key>`. For each command, the
/// handler checks the scope and audits the use.
pub async fn require_any(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let state = request.app_data::<web::Data<HttpState>>();
    let presented = presented(request.headers()).or_else(|| authorization(request.headers(), "apikey"));
    let key = state.zip(presented).and_then(|(state, key)| state.api_keys.load().find(key).cloned());
    match key {
        Some(key) => {
            request.extensions_mut().insert(key);
            Ok(next.call(request).await?.map_into_boxed_body())
        }
        None => {
            let failure = unknown(&request, presented.is_some());
            Ok(request.into_response(failure.error_response()))
        }
    }
}

fn permitted(request: &ServiceRequest, scope: Scope) -> Result<ApiKey, Failure> {
    let state = request.app_data::<web::Data<HttpState>>();
    let presented = presented(request.headers());
    let found = match (state, presented) {
        (Some(state), Some(key)) => state.api_keys.load().find(key).cloned(),
        (Some(state), None) => by_cookie(state, request)?,
        (None, _) => None,
    };
    match found {
        Some(key) if key.scopes.contain(scope) => Ok(key),
        Some(key) => {
            let message = format!("the key {:?} lacks the scope {}", key.name, scope.as_str());
            refused(request, &key.name, &message);
            Err(Failure::new(ErrorCode::Forbidden, message))
        }
        None => Err(unknown(request, presented.is_some())),
    }
}

/// No key, or one that the node does not know. Both count for the client's address, so that neither floods the audit
/// trail; only keys are refused for it, since a request without one tries nothing.
fn unknown(request: &ServiceRequest, is_presented: bool) -> Failure {
    let state = request.app_data::<web::Data<HttpState>>();
    let counted = state.and_then(|state| Some(state.cluster.count_wrong_credentials(client(state, request)?)));
    let attempt = counted.unwrap_or(Attempt::Within);
    if let Some(reason) = attempt.listed(if is_presented { "unknown key" } else { "no key" }) {
        refused(request, "none", &reason);
    }
    if let Some(beyond) = attempt.refusal().filter(|_| is_presented) {
        return beyond.into();
    }
    let message = "a valid API key is needed: send Authorization: Bearer <key> or X-Api-Key: <key>";
    Failure::new(ErrorCode::Unauthenticated, message)
}

fn refused(request: &ServiceRequest, key: &str, reason: &str) {
    let Some(state) = request.app_data::<web::Data<HttpState>>() else { return };
    let event = AuditEvent::of(AuditKind::ApiCallRefused);
    let event = event.of_call(key, request.method().as_str(), request.path()).because(reason);
    let address = client(state, request).map(|client| client.to_string().into());
    state.audit.note(AuditEvent { address, ..event });
}

fn client(state: &HttpState, request: &ServiceRequest) -> Option<IpAddr> {
    state.client(request.peer_addr(), request.headers())
}

/// The key of the cookie of the operator's page.
fn by_cookie(state: &HttpState, request: &ServiceRequest) -> Result<Option<ApiKey>, Failure> {
    let Some((key, _)) = state.door.find(request.headers(), Instant::now()) else { return Ok(None) };
    let changes = ![Method::GET, Method::HEAD].contains(request.method());
    state.door.judge(request.headers(), changes).map_err(Failure::from)?;
    // a key that was removed from the configuration is no longer valid
    Ok(Some(key).filter(|key| state.api_keys.load().has(key)))
}

fn presented(headers: &HeaderMap) -> Option<&str> {
    bearer(headers).or_else(|| headers.get("x-api-key")?.to_str().ok())
}

/// The token of `Authorization: Bearer`.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    authorization(headers, "bearer")
}

/// The value of `Authorization` for a scheme, which is compared without regard to case (RFC 9110, section 11.1).
fn authorization<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    // a proxy in front may add a line of another scheme
    headers.get_all(AUTHORIZATION).find_map(|line| {
        let (scheme, token) = line.to_str().ok()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case(wanted).then(|| token.trim()).filter(|token| !token.is_empty())
    })
}
