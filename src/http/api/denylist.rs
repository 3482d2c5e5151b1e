//! Blocking users and addresses, and revoking tokens: `POST /v1/users/{user}/block` and `/unblock`, `POST
//! /v1/addresses/block` and `/unblock`, `POST /v1/tokens/revoke`, `GET /v1/blocks`.

use super::user;
use crate::http::body::JsonText;
use crate::http::failure::Failure;
use crate::http::fields::Fields;
use crate::http::state::HttpState;
use actix_web::{web, HttpResponse};
use hubwire_actors::backend::{Denial, Subject};
use hubwire_actors::words::network::Network;
use hubwire_protocol::{ErrorCode, UserId};
use serde_json::{json, Value};
use std::time::Duration;

/// The longest denial: ten years.
const SECONDS_MAX: u64 = 315_360_000;
/// The largest networks that may be blocked.
const PREFIX_MIN_IPV4: u8 = 8;
const PREFIX_MIN_IPV6: u8 = 16;
/// Longest token id, and longest reason, in bytes.
const TEXT_MAX: usize = 256;

/// Blocks a user for `{seconds, reason?}`: closes its sessions on every node, and prevents new ones until then.
pub async fn block(
    state: web::Data<HttpState>,
    path: web::Path<String>,
    body: JsonText,
) -> Result<HttpResponse, Failure> {
    let user = user(&path)?;
    let mut fields = Fields::parse(&body.0, &["seconds", "reason"])?;
    let left = seconds(fields.need("seconds")?)?;
    let reason = text("reason", fields.take("reason")?.unwrap_or_default())?;
    state.cluster.deny(Denial { subject: Subject::User(user), issued_before: 0, reason, left }).await?;
    Ok(HttpResponse::Ok().json(json!({ "expires_in_s": left.as_secs() })))
}

/// Ends the block of a user. Revoked tokens stay revoked.
pub async fn unblock(state: web::Data<HttpState>, path: web::Path<String>) -> Result<HttpResponse, Failure> {
    let was_blocked = state.cluster.allow(Subject::User(user(&path)?)).await?;
    Ok(HttpResponse::Ok().json(json!({ "was_blocked": was_blocked })))
}

/// Blocks an address or a network for `{address, seconds, reason?}`: closes sessions from there on every node, and
/// refuses every handshake from there until then.
pub async fn block_address(state: web::Data<HttpState>, body: JsonText) -> Result<HttpResponse, Failure> {
    let mut fields = Fields::parse(&body.0, &["address", "seconds", "reason"])?;
    let network = network(&fields.need::<String>("address")?)?;
    let left = seconds(fields.need("seconds")?)?;
    let reason = text("reason", fields.take("reason")?.unwrap_or_default())?;
    state.cluster.deny(Denial { subject: Subject::Address(network), issued_before: 0, reason, left }).await?;
    Ok(HttpResponse::Ok().json(json!({ "address": network.to_string(), "expires_in_s": left.as_secs() })))
}

/// Ends the block of `{address}`, exactly as it was blocked: a single address cannot be excepted from a blocked
/// network.
pub async fn unblock_address(state: web::Data<HttpState>, body: JsonText) -> Result<HttpResponse, Failure> {
    let network = network(&Fields::parse(&body.0, &["address"])?.need::<String>("address")?)?;
    let was_blocked = state.cluster.allow(Subject::Address(network)).await?;
    Ok(HttpResponse::Ok().json(json!({ "address": network.to_string(), "was_blocked": was_blocked })))
}

/// Limits the size of a network, so that a typing error does not block half of the internet.
fn network(given: &str) -> Result<Network, Failure> {
    let network: Network = given.parse().map_err(|error| bad(format!("`address`: {error}")))?;
    let least = if network.is_ipv4() { PREFIX_MIN_IPV4 } else { PREFIX_MIN_IPV6 };
    match network.prefix() >= least {
        true => Ok(network),
        false => Err(bad(format!("`address`: {network} is too wide; at most a /{least} network is blocked at once"))),
    }
}

/// Revokes `{jti, seconds?}`, or all older tokens and tickets of a user: `{user, issued_before, seconds?}`. Without
/// `seconds` for as long as a token can be valid.
pub async fn revoke(state: web::Data<HttpState>, body: JsonText) -> Result<HttpResponse, Failure> {
    let mut fields = Fields::parse(&body.0, &["jti", "user", "issued_before", "seconds"])?;
    let now_s = state.environment.unix_ms() / 1000;
    let left = match fields.take("seconds")? {
        Some(given) => seconds(given)?,
        None => Duration::from_secs(state.tokens.latest_expiry(now_s).saturating_sub(now_s).clamp(1, SECONDS_MAX)),
    };
    let (token, user) = (fields.take::<String>("jti")?, fields.take::<UserId>("user")?);
    let (subject, issued_before) = match (token, user, fields.take::<u64>("issued_before")?) {
        (Some(token), None, None) if token.is_empty() => return Err(bad("`jti`: it is empty")),
        (Some(token), None, None) => (Subject::Token(text("jti", token)?), 0),
        (None, Some(user), Some(before)) => (Subject::TokensOf(user), before),
        _ => return Err(bad("name either one token by `jti`, or `user` and `issued_before` (Unix seconds)")),
    };
    state.cluster.deny(Denial { subject, issued_before, reason: String::new(), left }).await?;
    Ok(HttpResponse::Ok().json(json!({ "expires_in_s": left.as_secs() })))
}

/// Lists all blocks and revocations.
pub async fn list(state: web::Data<HttpState>) -> Result<HttpResponse, Failure> {
    let denials = state.cluster.denials().await?;
    let of = |wanted: fn(&Subject) -> bool| {
        denials.iter().filter(|denial| wanted(&denial.subject)).map(shown).collect::<Vec<Value>>()
    };
    Ok(HttpResponse::Ok().json(json!({
        "blocks": of(|subject| matches!(subject, Subject::User(_))),
        "addresses": of(|subject| matches!(subject, Subject::Address(_))),
        "revocations": of(|subject| matches!(subject, Subject::Token(_) | Subject::TokensOf(_))),
    })))
}

fn shown(denial: &Denial) -> Value {
    // rounded up: a denial that is listed has not ended
    let expires_in_s = denial.left.as_millis().div_ceil(1000);
    match &denial.subject {
        Subject::User(user) => json!({ "user": user, "reason": denial.reason, "expires_in_s": expires_in_s }),
        Subject::Address(network) => {
            json!({ "address": network.to_string(), "reason": denial.reason, "expires_in_s": expires_in_s })
        }
        Subject::Token(token) => json!({ "jti": token, "expires_in_s": expires_in_s }),
        Subject::TokensOf(user) => {
            json!({ "user": user, "issued_before": denial.issued_before, "expires_in_s": expires_in_s })
        }
    }
}

fn seconds(given: u64) -> Result<Duration, Failure> {
    match given {
        1..=SECONDS_MAX => Ok(Duration::from_secs(given)),
        _ => Err(bad(format!("`seconds`: {given} is not within 1 and {SECONDS_MAX}, ten years"))),
    }
}

fn text(key: &str, given: String) -> Result<String, Failure> {
    match given.len() {
        0..=TEXT_MAX => Ok(given),
        bytes => Err(bad(format!("`{key}`: it has {bytes} bytes; at most {TEXT_MAX} are taken"))),
    }
}

fn bad(message: impl Into<String>) -> Failure {
    Failure::new(ErrorCode::BadPayload, message)
}
