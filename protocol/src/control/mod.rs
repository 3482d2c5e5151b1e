//! The protocol's own actions (`@@hub/*`): what clients may ask and what the server says.

mod client;
mod parse;
mod presenting;
mod rpc;
mod server;
mod start;
mod welcome;

pub use client::{Auth, ClientControl, Cursor, History, Join, PresenceQuery, Refresh, Resume, State, Users, View};
pub use parse::parse;
pub use presenting::Presenting;
pub use rpc::{is_method, Call, CallReply, Json, Reply, Rpc, METHOD_BYTES_MAX};
pub use server::{
    Ack, Bye, Changed, ErrorBody, HistoryPage, Joined, Lag, Left, LeftReason, Orgs, Presence, PresentMember,
    PresentUser, Resumed, ServerControl, StreamError,
};
pub use start::{Begin, Positions, StreamStart};
pub use welcome::{Membership, Memberships, Welcome, WelcomeLimits};

use crate::{Address, ChannelPath, OrgId};

/// The channel a `ch:` address names.
pub fn channel_of(address: &Address) -> Option<(&OrgId, &ChannelPath)> {
    match address {
        Address::Channel(org, path) => Some((org, path)),
        _ => None,
    }
}
