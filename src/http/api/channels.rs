//! `GET /v1/channels` and `GET /v1/channels/{channel}`: channels with members.

use crate::http::failure::Failure;
use crate::http::path::{At, ChannelAddress, InPath};
use crate::http::query::Query;
use crate::http::responses::{Done, Printed, Status};
use crate::http::state::HttpState;
use crate::http::within::PageSize;
use crate::operator::ask::{self, Answered};
use crate::operator::live_channels::{self, ChannelsPage};
use crate::operator::Question;
use actix_web::web;
use futures_util::future::try_join;
use hubwire_actors::words::status::{ChannelFilter, StreamStatus};
use hubwire_protocol::event::PresentUser;
use hubwire_protocol::{Address, Incarnation, OrgId, UserId};
use serde::{Deserialize, Serialize};

/// The requested channels.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// Only channels of this organisation.
    org: Option<OrgId>,
    /// Only channels with a path that begins with this text.
    #[serde(default)]
    prefix: Option<String>,
    /// Only channels after this one, the last one of the previous page.
    #[cfg_attr(feature = "schema", schemars(with = "Option<ChannelAddress>"))]
    after: Option<String>,
    /// Most entries of the page.
    #[serde(default = "PageSize::most")]
    limit: PageSize,
}

/// The requested page of a channel's users.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct UsersPage {
    /// Only users after this one, the last one of the previous page.
    after: Option<UserId>,
    /// Most entries of the page.
    #[serde(default = "PageSize::most")]
    limit: PageSize,
}

/// A channel: its log, its sessions by node, and a page of its users.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Channel {
    channel: Address,
    stream: StreamStatus,
    /// The number of users.
    count: usize,
    users: Vec<Printed<PresentUser<'static>>>,
    /// Whether there are more users after the last one.
    more: bool,
    nodes: Vec<NodeOfChannel>,
}

/// The part of a channel on one node.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NodeOfChannel {
    incarnation: Incarnation,
    label: Option<String>,
    /// The number of sessions of the node in the channel.
    sessions: Option<usize>,
    silent: bool,
}

/// A page of the channels with members, in order, each with its users, sessions and top.
pub async fn list(
    state: web::Data<HttpState>,
    Query(Listing { org, prefix, after, limit }): Query<Listing>,
) -> Result<Done<ChannelsPage>, Failure> {
    let after = after.map(|text| ChannelAddress::read(&text)).transpose()?.map(|ChannelAddress(after)| after);
    let filter = ChannelFilter { org, prefix: prefix.unwrap_or_default(), after, limit: limit.count() };
    Ok(Status(live_channels::page(&*state.cluster, filter).await?))
}

/// One channel: its log, the number of its sessions on each node, and a page of its users.
pub async fn show(
    state: web::Data<HttpState>,
    At(ChannelAddress(channel)): At<ChannelAddress>,
    Query(UsersPage { after, limit }): Query<UsersPage>,
) -> Result<Done<Channel>, Failure> {
    let cluster = &state.cluster;
    let page = cluster.members_page(channel.clone(), after, limit.count());
    let (stream, members) = try_join(cluster.stream(channel.clone()), page).await?;
    let following: Vec<Answered<usize>> = ask::all(&**cluster, &Question::Following(channel.clone())).await?;
    let node = |Answered { node, answer }: Answered<usize>| NodeOfChannel {
        incarnation: node.incarnation,
        label: node.label,
        silent: answer.is_none(),
        sessions: answer,
    };
    Ok(Status(Channel {
        channel,
        stream,
        count: members.count,
        users: members.users.iter().map(|it| Printed::of(&it.shown())).collect(),
        more: members.more,
        nodes: following.into_iter().map(node).collect(),
    }))
}
