//! The user's direct conversations, and how far they have been read.

use crate::engine::Inner;
use crate::error::HubError;
use crate::event::Publication;
use crate::pages::read;
use crate::wire::Received;
use hubwire_protocol::{Address, Position, UserId};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

/// The most recent conversations.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Conversations {
    /// In the order of their newest messages, newest first.
    pub conversations: Vec<Conversation>,
    /// Whether there are more, or the node did not search all of the stream.
    pub more: bool,
}

/// The direct messages between the user and another one.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Conversation {
    /// The other user.
    pub user: UserId,
    /// Number of messages from that user that were neither read nor answered.
    pub unread: u64,
    /// The newest message, from either user.
    pub last: Publication,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    conversations: Vec<ToldConversation>,
    more: bool,
}

#[derive(Deserialize)]
struct ToldConversation {
    user: UserId,
    #[serde(default)]
    unread: u64,
    last: Box<RawValue>,
}

pub(crate) async fn conversations(inner: &Inner, limit: Option<u32>) -> Result<Conversations, HubError> {
    let query = limit.map_or_else(|| json!({}), |limit| json!({ "limit": limit }));
    let told: Told = read(&inner.ask("@@hub/conversations", None, Some(query)).await?);
    let conversations = told.conversations.into_iter().filter_map(|told| {
        let last = Publication::read(&Received::parse(told.last.get()).ok()?)?;
        Some(Conversation { user: told.user, unread: told.unread, last })
    });
    Ok(Conversations { conversations: conversations.collect(), more: told.more })
}

/// Without a position: up to the last publication delivered.
pub(crate) async fn mark_read(inner: &Inner, user: &UserId, pos: Option<Position>) -> Result<(), HubError> {
    inner.connected().await?;
    let delivered = || inner.with(|core| core.streams.position(&Address::User(core.user()?.clone())));
    let Some(pos) = pos.or_else(delivered) else { return Ok(()) };
    inner.ask("@@hub/read", None, Some(json!({ "user": user, "pos": pos }))).await.map(drop)
}
