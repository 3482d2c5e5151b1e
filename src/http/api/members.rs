//! Members of a channel, managed by the server: `/v1/channels/{channel}/members`.

use crate::http::failure::Failure;
use crate::http::path::{At, ChannelAddress};
use crate::http::query::Query;
use crate::http::responses::{Done, Status};
use crate::http::state::HttpState;
use actix_web::web;
use hubwire_protocol::UserId;
use serde::{Deserialize, Serialize};

/// How a user joins.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Joining {
    /// Whether later sessions of the user join, too; needs `presence.persistent_max` above 0.
    #[serde(default)]
    persist: bool,
}

/// The number of sessions that were notified.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionsTold {
    pub(super) sessions: usize,
}

/// Makes all sessions of a user join; with `?persist=true` also later ones.
pub async fn join(
    state: web::Data<HttpState>,
    At(ChannelAddress(channel)): At<ChannelAddress>,
    At(user): At<UserId>,
    Query(Joining { persist }): Query<Joining>,
) -> Result<Done<SessionsTold>, Failure> {
    told(match persist {
        true => state.cluster.place_for_good(user, channel).await?,
        false => state.cluster.place(user, channel, true).await?,
    })
}

/// Removes all sessions of a user.
pub async fn kick(
    state: web::Data<HttpState>,
    At(ChannelAddress(channel)): At<ChannelAddress>,
    At(user): At<UserId>,
) -> Result<Done<SessionsTold>, Failure> {
    told(state.cluster.place(user, channel, false).await?)
}

/// Removes all members.
pub async fn close(
    state: web::Data<HttpState>,
    At(ChannelAddress(channel)): At<ChannelAddress>,
) -> Result<Done<SessionsTold>, Failure> {
    told(state.cluster.empty(channel).await?)
}

pub(super) fn told(sessions: usize) -> Result<Done<SessionsTold>, Failure> {
    Ok(Status(SessionsTold { sessions }))
}
