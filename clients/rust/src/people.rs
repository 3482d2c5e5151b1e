//! The user's profile, contacts and blocks.

use crate::engine::{Inner, Listed, Members};
use crate::error::HubError;
use crate::wire::Received;
use hubwire_protocol::{Address, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};
use std::sync::Arc;

/// A step towards another user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactAct {
    /// Asks it to be a contact; where it asked first, the two are contacts.
    Invite,
    /// Takes its invitation.
    Accept,
    /// Ends the contact or the invitation, whoever began it.
    Remove,
    /// The same, and nothing comes from it any more.
    Block,
    /// Ends that.
    Unblock,
}

/// How the user stands to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
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
    /// A newer node says what this version does not know.
    #[serde(other, skip_serializing)]
    Unknown,
}

/// Another user, and how the user stands to it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Contact {
    /// The user.
    pub user: UserId,
    /// How.
    pub state: ContactState,
}

/// Pages of the user's people, in the order of their ids.
pub struct People {
    inner: Arc<Inner>,
    query: Value,
    is_over: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Page {
    people: Vec<Contact>,
    more: bool,
}

impl People {
    pub(crate) fn new(inner: Arc<Inner>) -> Self {
        People { inner, query: json!({}), is_over: false }
    }

    /// Only those whose id begins so.
    pub fn prefix(mut self, prefix: &str) -> Self {
        self.query["prefix"] = json!(prefix);
        self
    }

    /// Only those to whom the user stands so.
    pub fn state(mut self, state: ContactState) -> Self {
        self.query["state"] = json!(state);
        self
    }

    /// At most so many in a page, and 200.
    pub fn limit(mut self, limit: u32) -> Self {
        self.query["limit"] = json!(limit);
        self
    }

    /// The next page; `None` behind the last one.
    pub async fn next(&mut self) -> Result<Option<Vec<Contact>>, HubError> {
        if self.is_over {
            return Ok(None);
        }
        let text = self.inner.ask("@@hub/people", None, Some(self.query.clone())).await?;
        let Page { people, more } = read(&text);
        match people.last().filter(|_| more) {
            Some(last) => self.query["after"] = json!(last.user),
            None => self.is_over = true,
        }
        Ok(Some(people).filter(|page| !page.is_empty()))
    }
}

/// Members of a channel, an organisation or a team, of all pages.
pub(crate) async fn members(inner: &Inner, address: &Address) -> Result<Members, HubError> {
    let mut found = Members::new();
    let mut payload = None;
    loop {
        let listed: Listed = read(&inner.ask("@@hub/presence", Some(address), payload).await?);
        let last = listed.users.last().map(|named| named.user.clone());
        found.extend(listed.users.into_iter().map(|named| (named.user, named.member)));
        match last.filter(|_| listed.more) {
            Some(last) => payload = Some(json!({ "after": last })),
            None => return Ok(found),
        }
    }
}

/// How many users are there.
pub(crate) async fn count(inner: &Inner, address: &Address) -> Result<u64, HubError> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Count {
        count: u64,
    }
    let text = inner.ask("@@hub/presence", Some(address), Some(json!({ "count": true }))).await?;
    Ok(read::<Count>(&text).count)
}

/// The payload of an answer; what is absent has its default.
pub(crate) fn read<T: Default + for<'a> Deserialize<'a>>(text: &str) -> T {
    Received::parse(text).ok().and_then(|received| received.payload).unwrap_or_default()
}
