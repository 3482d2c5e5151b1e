//! `POST /v1/tickets`: issues a one-time ticket for a socket, on the public listener for the bearer of a token, on the
//! internal one for any user that the application names.

use crate::auth::jwt::TokenError;
use crate::auth::origin::Origin;
use crate::auth::ticket::{self, Ticket};
use crate::http::body::Body;
use crate::http::failure::Failure;
use crate::http::key::bearer;
use crate::http::responses::{Made, Secret, Status};
use crate::http::state::HttpState;
use crate::http::strict;
use actix_web::{web, HttpRequest};
use hubwire_actors::access::scopes::Scopes;
use hubwire_actors::audit::{AuditEvent, AuditKind};
use hubwire_actors::identity::{Identity, OrgMembership};
use hubwire_actors::node::Ticketed;
use hubwire_protocol::{DeviceId, ErrorCode, OrgId, TeamId, UserId};
use litemap::LiteMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

/// Longest origin, in bytes: the name of a host has at most 253.
const ORIGIN_BYTES_MAX: usize = 300;

/// The holder of a ticket.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TicketRequest {
    user: UserId,
    /// The user's organisations.
    #[serde(default, deserialize_with = "strict::each")]
    orgs: Option<BTreeMap<OrgId, TicketMembership>>,
    device: Option<DeviceId>,
    /// The origin of the only pages that may use the ticket, compared with the header `Origin` of their handshake.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[a-z]{2,32}://[A-Za-z0-9._-]{1,200}(:[0-9]{1,4})?$")))]
    origin: Option<String>,
    /// When the session must end, Unix seconds.
    expires_at: Option<u64>,
    /// Scopes that narrow the session's rights, or with `+` add to them: `publish:ch:acme/orders/*`,
    /// `+kick:ch:acme/**`.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<String>>"))]
    scopes: Option<Scopes>,
}

/// The membership of the user in an organisation.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TicketMembership {
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    teams: Vec<TeamId>,
}

/// A ticket, which can be redeemed once, on any node.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TicketMade {
    ticket: String,
    /// The time until the ticket expires, in milliseconds.
    expires_in_ms: u64,
}

/// Exchanges a token for a ticket.
pub async fn exchange(state: web::Data<HttpState>, request: HttpRequest) -> Result<Secret<Made<TicketMade>>, Failure> {
    let identity = bearer_identity(&state, &request).await?;
    issue(&state, identity, None).await
}

/// The user of the token of a request, if it may have a session.
pub(super) async fn bearer_identity(state: &HttpState, request: &HttpRequest) -> Result<Identity, Failure> {
    // checked before any credentials
    let client = state.client(request.peer_addr(), request.headers());
    if let Some(denied) = client.and_then(|client| state.cluster.judge_address(client)) {
        return Err(denied.refusal().into());
    }
    let token = bearer(request.headers()).ok_or_else(|| {
        Failure::new(ErrorCode::Unauthenticated, "a token is needed: send Authorization: Bearer <token>")
    })?;
    let identity = state.tokens.verify_fresh(token).await.map_err(|error| wrong(state, client, &error))?;
    if let Some(denied) = state.cluster.judge(&identity) {
        return Err(denied.refusal().into());
    }
    Ok(identity)
}

/// A token that is not valid. An address that shows too many which never were has to wait.
fn wrong(state: &HttpState, client: Option<IpAddr>, error: &TokenError) -> Failure {
    let wrong = Failure::new(ErrorCode::BadCredentials, error.to_string());
    let Some(client) = client.filter(|_| !error.is_expiry()) else { return wrong };
    let attempt = state.cluster.count_wrong_credentials(client);
    let Some(beyond) = attempt.refusal() else { return wrong };
    if let Some(reason) = attempt.listed(&error.to_string()) {
        let address = Some(client.to_string().into());
        let event = AuditEvent { address, ..AuditEvent::of(AuditKind::HandshakeRefused) };
        state.audit.note(event.because(&reason));
    }
    beyond.into()
}

/// Issues a ticket for the user that the application names.
pub async fn mint(
    state: web::Data<HttpState>,
    Body(body): Body<TicketRequest>,
) -> Result<Secret<Made<TicketMade>>, Failure> {
    if body.origin.as_deref().is_some_and(|origin| origin.len() > ORIGIN_BYTES_MAX || Origin::parse(origin).is_none()) {
        let message = "`origin`: expected scheme, host and port of a page, such as https://app.example.org";
        return Err(Failure::new(ErrorCode::BadPayload, message));
    }
    let identity = Identity {
        orgs: orgs(body.orgs.unwrap_or_default())?,
        device: body.device,
        expires_at: body.expires_at,
        issued_at: Some(state.environment.unix_ms() / 1000),
        scopes: body.scopes.unwrap_or_default(),
        ..Identity::of(body.user)
    };
    issue(&state, identity, body.origin).await
}

fn orgs(named: BTreeMap<OrgId, TicketMembership>) -> Result<LiteMap<OrgId, OrgMembership>, Failure> {
    let entry = |(org, TicketMembership { roles, teams }): (OrgId, TicketMembership)| match org.is_system() {
        true => Err(Failure::new(ErrorCode::BadPayload, "`orgs`: `system` cannot be granted; everybody is a member")),
        false => Ok((org, OrgMembership { roles: roles.into(), teams: teams.into() })),
    };
    named.into_iter().map(entry).collect()
}

/// A ticket is valid for the configured time, but never longer than its identity.
pub(crate) async fn issue(
    state: &HttpState,
    identity: Identity,
    origin: Option<String>,
) -> Result<Secret<Made<TicketMade>>, Failure> {
    let ttl = match identity.expires_at {
        None => state.ticket_ttl,
        Some(at) => {
            let left_ms = at.saturating_mul(1000).saturating_sub(state.environment.unix_ms());
            if left_ms == 0 {
                return Err(Failure::new(ErrorCode::BadCredentials, format!("`expires_at` {at} is in the past")));
            }
            if at > state.tokens.latest_expiry(state.environment.unix_ms() / 1000) {
                let message = format!("`expires_at` {at} is later than auth.lifetime_max_s allows (Unix seconds)");
                return Err(Failure::new(ErrorCode::BadPayload, message));
            }
            state.ticket_ttl.min(Duration::from_millis(left_ms))
        }
    };
    let content = ticket::content(&Ticketed { identity, origin })
        .map_err(|error| Failure::new(ErrorCode::Internal, format!("identity cannot be printed: {error}")))?;
    let ticket = Ticket::new(rand::random());
    state.cluster.put_ticket(ticket.digest(), content, ttl).await?;
    let expires_in_ms = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
    Ok(Secret(Status(TicketMade { ticket: ticket.text().to_owned(), expires_in_ms })))
}
