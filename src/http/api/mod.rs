//! The handlers, one file per resource.

pub(super) mod audit;
mod blocked_network;
pub(super) mod channels;
pub(super) mod cluster;
pub(super) mod denylist;
pub(super) mod disconnect;
pub(super) mod drain;
pub(super) mod erase;
pub(super) mod events;
pub(super) mod history;
pub(super) mod index;
pub(super) mod members;
pub(super) mod messages;
pub(super) mod nodes;
pub(super) mod presence;
pub(super) mod profile;
pub(super) mod publication;
pub(super) mod publish;
pub(super) mod reload;
pub(super) mod rpc;
pub(super) mod session;
pub(super) mod sessions;
pub(super) mod snapshot;
pub(super) mod status;
pub(super) mod stream;
pub(super) mod streams;
pub(super) mod tail;
pub(super) mod tickets;
pub(super) mod users;

use super::failure::Failure;
use super::state::HttpState;
use crate::auth::api_key::{ApiKey, Scope};
use actix_web::{HttpMessage, HttpRequest};
use hubwire_actors::audit::{AuditEvent, AuditKind};
use hubwire_protocol::ErrorCode;

/// Whether a query asks for payloads, which requires a scope of the key. Every use is audited.
fn payload(state: &HttpState, request: &HttpRequest, asked: bool) -> Result<bool, Failure> {
    let extensions = request.extensions();
    let Some(key) = extensions.get::<ApiKey>().filter(|_| asked) else { return Ok(false) };
    if !key.scopes.contain(Scope::Content) {
        let message = format!("the key {:?} lacks the scope {}", key.name, Scope::Content.as_str());
        return Err(Failure::new(ErrorCode::Forbidden, message));
    }
    let event = AuditEvent::of(AuditKind::ApiCall).of_call(&key.name, request.method().as_str(), request.path());
    state.audit.note(event.because("payloads shown"));
    Ok(true)
}
