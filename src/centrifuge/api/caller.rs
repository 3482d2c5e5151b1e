//! Who calls, and what every command names.

use super::failure::ApiError;
use crate::auth::api_key::ApiKey;
use crate::http::HttpState;
use hubwire_actors::node::Node;
use hubwire_protocol::centrifuge::Channels;
use hubwire_protocol::{Address, UserId};

/// The key that asks, and the user or client it asks about.
pub(super) struct Caller<'a> {
    pub node: &'a Node,
    pub state: &'a HttpState,
    pub key: &'a ApiKey,
}

/// The address of a channel.
pub(super) fn address(channel: &str) -> Result<Address, ApiError> {
    match channel {
        "" => Err(ApiError::bad("`channel` is missing")),
        channel => Ok(Channels::installed().address(channel)?),
    }
}

/// The user of a command.
pub(super) fn user(text: &str) -> Result<UserId, ApiError> {
    match text {
        "" => Err(ApiError::bad("`user` is missing")),
        user => user.parse().map_err(|error| ApiError::bad(format!("`user` {error}"))),
    }
}
