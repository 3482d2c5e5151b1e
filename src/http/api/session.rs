//! `POST` and `DELETE /v1/session`: sets the session cookie for the bearer of a token, and deletes it.

use super::tickets::bearer_identity;
use crate::http::failure::Failure;
use crate::http::responses::{Bare, Made, Nothing, Secret, Status, WithCookie};
use crate::http::state::HttpState;
use actix_web::{web, HttpRequest};
use serde::Serialize;

/// The cookie is set.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CookieSet {
    /// The time until the cookie expires, in milliseconds.
    expires_in_ms: u64,
}

fn off() -> Failure {
    Failure::NotFound { message: "auth.cookie_keys is empty, so there are no session cookies".into() }
}

/// Exchanges a token for the cookie.
pub async fn begin(
    state: web::Data<HttpState>,
    request: HttpRequest,
) -> Result<Secret<WithCookie<Made<CookieSet>>>, Failure> {
    let cookies = state.cookies.load_full();
    let own = cookies.own.as_ref().ok_or_else(off)?;
    let identity = bearer_identity(&state, &request).await?;
    let now_s = state.environment.unix_ms() / 1000;
    let (cookie, ends) = own.seal(identity, now_s)?;
    let set = CookieSet { expires_in_ms: ends.saturating_sub(now_s).saturating_mul(1000) };
    Ok(Secret(WithCookie { cookie, rest: Status(set) }))
}

/// Deletes the cookie in the browser. Open sockets stay open.
pub async fn end(state: web::Data<HttpState>) -> Result<WithCookie<Nothing>, Failure> {
    let cookies = state.cookies.load_full();
    let own = cookies.own.as_ref().ok_or_else(off)?;
    Ok(WithCookie { cookie: own.forget(), rest: Bare })
}
