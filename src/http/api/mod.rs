//! One file per thing that can be asked.

pub(super) mod audit;
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
pub(super) mod nodes;
pub(super) mod presence;
mod publication;
pub(super) mod publish;
pub(super) mod reload;
pub(super) mod rpc;
pub(super) mod session;
pub(super) mod sessions;
pub(super) mod streams;
pub(super) mod tickets;
pub(super) mod users;

use super::failure::Failure;
use hubwire_protocol::{ErrorCode, SessionId, UserId};

/// The user a path names.
fn user(text: &str) -> Result<UserId, Failure> {
    text.parse().map_err(|error| Failure::new(ErrorCode::BadAddress, format!("user {error}")))
}

/// The session a path names.
fn session(text: &str) -> Result<SessionId, Failure> {
    text.parse().map_err(|error| Failure::new(ErrorCode::BadAddress, format!("session: {error}")))
}
