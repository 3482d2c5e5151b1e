//! `POST /v1/users/{user}/erase`: removes all stored data of a user, for a data protection request.

use crate::http::failure::Failure;
use crate::http::path::At;
use crate::http::responses::{Done, Status};
use crate::http::state::HttpState;
use actix_web::web;
use hubwire_actors::backend::Erased;
use hubwire_protocol::{CloseCode, UserId};
use serde::Serialize;

/// What was removed.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ErasedUser {
    user: UserId,
    /// Sessions told to close.
    sessions: usize,
    /// Publications in the user's stream.
    publications: usize,
    /// Devices with cursors.
    devices: usize,
    /// Other stored entries of the user.
    others: usize,
    /// Server events about the user: pending ones and dead letters.
    events: usize,
}

/// Closes the user's sessions, removes its stored data, and returns the numbers of removed items.
pub async fn erase(state: web::Data<HttpState>, At(user): At<UserId>) -> Result<Done<ErasedUser>, Failure> {
    // first, so that no session stores anything after the removal
    let sessions = state.cluster.disconnect(user.clone(), CloseCode::Forbidden).await?;
    let Erased { publications, devices, others, events } = state.cluster.erase(user.clone()).await?;
    Ok(Status(ErasedUser { user, sessions, publications, devices, others, events }))
}
