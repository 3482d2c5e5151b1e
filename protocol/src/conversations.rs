//! The direct conversations of a user, with the newest message and the number of unread ones.

use crate::rpc::Json;
use crate::{Position, UserId};
use serde::{Deserialize, Serialize};

/// A query for the newest conversations.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ConversationQuery {
    /// Most conversations; the node has a limit of its own.
    #[serde(default)]
    pub limit: Option<u32>,
}

/// How far a user has read a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReadUpTo {
    /// The other user.
    pub user: UserId,
    /// The last message read, by its position in the reader's own stream.
    pub pos: Position,
}

/// The conversations of a user.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Conversations<'a> {
    /// In the order of their newest messages, newest first.
    pub conversations: Vec<Conversation<'a>>,
    /// Whether there are more, or the node did not search all of the stream.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

/// A conversation with another user.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Conversation<'a> {
    /// The other user.
    pub user: &'a UserId,
    /// Number of messages from that user that were neither read nor answered.
    pub unread: usize,
    /// The newest message, from either user, as it was delivered.
    pub last: Json,
}
