//! `POST` and `DELETE /v1/session`: sets the session cookie for the bearer of a token, and deletes it.

use super::tickets::bearer_identity;
use crate::http::failure::Failure;
use crate::http::state::HttpState;
use actix_web::http::header::{CACHE_CONTROL, SET_COOKIE};
use actix_web::{web, HttpRequest, HttpResponse};
use serde_json::json;

fn off() -> Failure {
    Failure::NotFound { message: "auth.cookie_keys is empty, so there are no session cookies".into() }
}

/// Exchanges a token for the cookie.
pub async fn begin(state: web::Data<HttpState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let cookies = state.cookies.load_full();
    let own = cookies.own.as_ref().ok_or_else(off)?;
    let identity = bearer_identity(&state, &request).await?;
    let now_s = state.environment.unix_ms() / 1000;
    let (cookie, ends) = own.seal(identity, now_s)?;
    let body = json!({ "expires_in_ms": ends.saturating_sub(now_s).saturating_mul(1000) });
    Ok(HttpResponse::Created()
        .insert_header((SET_COOKIE, cookie))
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(body))
}

/// Deletes the cookie in the browser. Open sockets stay open.
pub async fn end(state: web::Data<HttpState>) -> Result<HttpResponse, Failure> {
    let cookies = state.cookies.load_full();
    let own = cookies.own.as_ref().ok_or_else(off)?;
    Ok(HttpResponse::NoContent().insert_header((SET_COOKIE, own.forget())).finish())
}
