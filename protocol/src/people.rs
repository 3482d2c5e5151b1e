//! The people a user knows: contacts, invitations and blocked users.

use crate::{Profile, UserId};
use serde::{Deserialize, Serialize};

/// A change of a user's relation to another one.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// The other user.
    pub user: UserId,
    /// The change.
    pub act: ContactAct,
}

/// A change of the relation between two users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ContactAct {
    /// Invites the other user to be a contact; if that user sent an invitation before, they become contacts.
    Invite,
    /// Accepts the other user's invitation.
    Accept,
    /// Ends a contact or an invitation, whichever of the two started it.
    Remove,
    /// As remove; additionally nothing is delivered from the other user any more.
    Block,
    /// Ends the blocking.
    Unblock,
}

/// The relation of a user to another one, from the first user's view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ContactState {
    /// No relation.
    None,
    /// The user has invited the other one.
    Invited,
    /// The other one has invited the user.
    Invites,
    /// They are contacts.
    Contact,
    /// The user has blocked the other one.
    Blocked,
}

/// A query for a page of a user's people.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PeopleQuery {
    /// Only users after this one; pages are in the order of ids.
    #[serde(default)]
    pub after: Option<UserId>,
    /// Most users in the page; the node has a limit of its own.
    #[serde(default)]
    pub limit: Option<u32>,
    /// Only users whose id has this prefix.
    #[serde(default)]
    pub prefix: Option<String>,
    /// Only contacts with a word in their profile's name that starts with this text, ignoring case.
    #[serde(default)]
    pub name: Option<String>,
    /// Only users in this relation.
    #[serde(default)]
    pub state: Option<ContactState>,
}

/// A page of a user's people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct People<'a> {
    /// In the order of their ids.
    pub people: Vec<Person<'a>>,
    /// Whether there are more users after the last one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

/// Another user and the relation to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Person<'a> {
    /// The other user.
    pub user: &'a UserId,
    /// The relation.
    pub state: ContactState,
    /// If the query was by name: the other user's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<&'a Profile>,
}
