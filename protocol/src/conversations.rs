//! The direct conversations of a user: with whom it wrote last, and how much of it was not read.

use crate::rpc::Json;
use crate::{Position, UserId};
use serde::{Deserialize, Serialize};

/// Which of them.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ConversationQuery {
    /// How many at most; the node bounds it too.
    #[serde(default)]
    pub limit: Option<u32>,
}

/// How far a user has read a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReadUpTo {
    /// With whom.
    pub user: UserId,
    /// The last message that was read, by its position in the reader's own stream.
    pub pos: Position,
}

/// The conversations of a user.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Conversations<'a> {
    /// The one with the newest message first.
    pub conversations: Vec<Conversation<'a>>,
    /// There are others, or the node did not look at all that the stream holds.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

/// A conversation with another user.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Conversation<'a> {
    /// With whom.
    pub user: &'a UserId,
    /// Messages of that user that were neither read nor answered.
    pub unread: usize,
    /// The newest message, of either, as it was delivered.
    pub last: Json,
}
