//! The server API needs an API key: `Authorization: Bearer <key>` or `X-Api-Key: <key>`.

use super::failure::Failure;
use super::state::HttpState;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, AUTHORIZATION};
use actix_web::middleware::Next;
use actix_web::{web, Error, ResponseError};
use hubwire_protocol::ErrorCode;

/// Lets a request through only with a valid key.
pub async fn require(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let state = request.app_data::<web::Data<HttpState>>();
    let accepted = match (state, presented(request.headers())) {
        (Some(state), Some(key)) => state.api_keys.accept(key),
        _ => false,
    };
    if accepted {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    let message = "a valid API key is needed: send Authorization: Bearer <key> or X-Api-Key: <key>";
    Ok(request.into_response(Failure::new(ErrorCode::Unauthenticated, message).error_response()))
}

fn presented(headers: &HeaderMap) -> Option<&str> {
    bearer(headers).or_else(|| headers.get("x-api-key")?.to_str().ok())
}

/// The token of `Authorization: Bearer`; the scheme's case does not matter (RFC 9110, section 11.1).
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}
