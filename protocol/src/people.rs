//! People a user knows: contacts, invitations, and whom it blocks.

use crate::{Profile, UserId};
use serde::{Deserialize, Serialize};

/// What a user does about another one.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// The other one.
    pub user: UserId,
    /// What it does.
    pub act: ContactAct,
}

/// A step between two users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ContactAct {
    /// Asks the other one to be a contact; where that one asked first, they are contacts now.
    Invite,
    /// Takes the invitation of the other one.
    Accept,
    /// Ends it, whichever of the two began: contact, or invitation.
    Remove,
    /// As remove, and nothing comes from the other one any more.
    Block,
    /// Ends that.
    Unblock,
}

/// How a user stands to another one, as that user sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ContactState {
    /// Nothing is between them.
    None,
    /// The user invited the other one.
    Invited,
    /// The other one invited the user.
    Invites,
    /// They are contacts.
    Contact,
    /// The user blocks the other one.
    Blocked,
}

/// Which people of a user.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PeopleQuery {
    /// Only those behind this one; a page is in the order of the ids.
    #[serde(default)]
    pub after: Option<UserId>,
    /// How many at most; the node bounds it too.
    #[serde(default)]
    pub limit: Option<u32>,
    /// Only those whose id begins so.
    #[serde(default)]
    pub prefix: Option<String>,
    /// Only contacts who are called so: a word of their profile's name begins with it, in whatever case.
    #[serde(default)]
    pub name: Option<String>,
    /// Only those who stand so to the user.
    #[serde(default)]
    pub state: Option<ContactState>,
}

/// A page of a user's people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct People<'a> {
    /// In the order of their ids.
    pub people: Vec<Person<'a>>,
    /// There are further ones behind the last.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

/// Another user, and how it stands to the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Person<'a> {
    /// The user.
    pub user: &'a UserId,
    /// How.
    pub state: ContactState,
    /// Where a name was asked for: what the other one is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<&'a Profile>,
}
