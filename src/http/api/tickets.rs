//! `POST /v1/tickets`: a one-time ticket for a socket. On the public listener for the bearer of a token, on the
//! internal one for any user that the application names.

use crate::auth::ticket::{self, Ticket};
use crate::http::body::JsonText;
use crate::http::failure::Failure;
use crate::http::fields::Fields;
use crate::http::key::bearer;
use crate::http::state::HttpState;
use crate::listener::client_address;
use actix_web::{web, HttpRequest, HttpResponse};
use hubwire_actors::identity::{Identity, Membership};
use hubwire_protocol::id::SYSTEM_ORG;
use hubwire_protocol::{ErrorCode, OrgId};
use litemap::LiteMap;
use serde_json::{json, value::RawValue};
use std::collections::BTreeMap;
use std::time::Duration;

/// Exchanges a token for a ticket.
pub async fn exchange(state: web::Data<HttpState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let identity = bearer_identity(&state, &request).await?;
    issue(&state, identity).await
}

/// The user of the token of a request, if it may have a session.
pub(super) async fn bearer_identity(state: &HttpState, request: &HttpRequest) -> Result<Identity, Failure> {
    // before any credentials are checked
    let client = request.peer_addr().map(|peer| client_address(peer, request.headers(), &state.proxies.load()));
    if let Some(denied) = client.and_then(|client| state.cluster.judge_address(client.ip())) {
        return Err(denied.refusal().into());
    }
    let token = bearer(request.headers()).ok_or_else(|| {
        Failure::new(ErrorCode::Unauthenticated, "a token is needed: send Authorization: Bearer <token>")
    })?;
    let identity = state
        .tokens
        .verify_fresh(token)
        .await
        .map_err(|error| Failure::new(ErrorCode::BadCredentials, error.to_string()))?;
    if let Some(denied) = state.cluster.judge(&identity) {
        return Err(denied.refusal().into());
    }
    Ok(identity)
}

/// Makes a ticket for `{user, orgs?, device?, expires_at?, scopes?}`.
pub async fn mint(state: web::Data<HttpState>, body: JsonText) -> Result<HttpResponse, Failure> {
    let mut fields = Fields::parse(&body.0, &["user", "orgs", "device", "expires_at", "scopes"])?;
    let user = fields.need("user")?;
    let identity = Identity {
        orgs: orgs(fields.take("orgs")?.unwrap_or_default())?,
        device: fields.take("device")?,
        expires_at: fields.take("expires_at")?,
        issued_at: Some(state.environment.unix_ms() / 1000),
        scopes: fields.take("scopes")?.unwrap_or_default(),
        ..Identity::of(user)
    };
    issue(&state, identity).await
}

fn orgs(texts: BTreeMap<OrgId, &RawValue>) -> Result<LiteMap<OrgId, Membership>, Failure> {
    let membership = |text: &str| -> Result<Membership, Failure> {
        let mut fields = Fields::parse(text, &["roles", "teams"])?;
        let roles = fields.take("roles")?.unwrap_or_default();
        Ok(Membership { roles, teams: fields.take("teams")?.unwrap_or_default() })
    };
    let entry = |(org, text): (OrgId, &RawValue)| match org.as_str() {
        SYSTEM_ORG => {
            Err(Failure::new(ErrorCode::BadPayload, "`orgs`: everybody is in `system`, nobody is granted it"))
        }
        _ => Ok((org, membership(text.get())?)),
    };
    texts.into_iter().map(entry).collect()
}

/// A ticket is valid for the configured time, but never longer than its identity.
pub(crate) async fn issue(state: &HttpState, identity: Identity) -> Result<HttpResponse, Failure> {
    let ttl = match identity.expires_at {
        None => state.ticket_ttl,
        Some(at) => {
            let left_ms = at.saturating_mul(1000).saturating_sub(state.environment.unix_ms());
            if left_ms == 0 {
                return Err(Failure::new(ErrorCode::BadCredentials, format!("`expires_at` {at} has passed")));
            }
            if at > state.tokens.latest_expiry(state.environment.unix_ms() / 1000) {
                let message = format!("`expires_at` {at} is later than auth.lifetime_max_s allows; it counts seconds");
                return Err(Failure::new(ErrorCode::BadPayload, message));
            }
            state.ticket_ttl.min(Duration::from_millis(left_ms))
        }
    };
    let content = ticket::content(&identity)
        .map_err(|error| Failure::new(ErrorCode::Internal, format!("identity cannot be printed: {error}")))?;
    let ticket = Ticket::new(rand::random());
    state.cluster.put_ticket(ticket.digest(), content, ttl).await?;
    let body = json!({ "ticket": ticket.text(), "expires_in_ms": u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX) });
    Ok(HttpResponse::Created().insert_header(("Cache-Control", "no-store")).json(body))
}
